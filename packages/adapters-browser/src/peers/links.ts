/** The links that stand with other members, and what is told of them. */
import type { Connection, Stream } from '@libp2p/interface'
import { compareBytes, makeCell, toHex } from '@poruch/base'
import type { Bytes, Clock, View } from '@poruch/base'
import type { FrameLink } from '@poruch/sync'
import type { DialPlan } from './dial-plan.ts'
import { frameStream } from './framing.ts'
import { isDirect, transportKeyOf } from './libp2p-node.ts'

/** How often round trips are read off. */
const statusIntervalMs = 2000

export interface PeerStatus {
  /** Hex of the transport key. */
  readonly key: string
  /** Null until it was measured. */
  readonly roundTripMs: number | null
}

export type TakeStream = (stream: Stream, connection: Connection) => void

export interface LinksOptions {
  readonly self: Bytes
  readonly allow: (transportKey: Bytes) => boolean
  readonly onLink: (transportKey: Bytes, link: FrameLink) => void
  readonly clock: Clock
}

type Follower = Pick<DialPlan, 'linked' | 'unlinked'>

/** Links by hex of the transport key, each with the connection that carries it, the newest last. */
type Standing = Map<string, Map<FrameLink, Connection>>

/**
 * Takes streams of members over direct connections, and makes links of them.
 * The peer with the higher key closes older ones, so that both never close each other's newest.
 */
export function makeLinks({ self, allow, onLink, clock }: LinksOptions) {
  const standing: Standing = new Map()
  const status = makeStatus(standing, clock)
  let follower: Follower | null = null

  const drop = (key: Bytes, link: FrameLink, connection: Connection): void => {
    if (!release(standing, toHex(key), { link, connection })) return
    status.refresh()
    follower?.unlinked(key)
  }
  const take: TakeStream = (stream, connection) => {
    const key = transportKeyOf(connection.remotePeer)
    if (!key || !allow(key) || !isDirect(connection)) {
      stream.abort(new Error('refused'))
      return
    }
    const link = frameStream(stream, { clock })
    const own = standing.get(toHex(key)) ?? new Map<FrameLink, Connection>()
    const older = compareBytes(self, key) > 0 ? [...own.keys()] : []
    standing.set(toHex(key), own.set(link, connection))
    link.onClose(() => {
      drop(key, link, connection)
    })
    for (const each of older) each.close('replaced')
    follower?.linked(key)
    status.refresh()
    onLink(key, link)
  }
  return {
    linked: status.linked,
    take,
    has: (key: Bytes): boolean => standing.has(toHex(key)),
    follow: (plan: Follower): void => {
      follower = plan
    },
    close: (): void => {
      status.close()
      follower = null
      for (const links of standing.values()) for (const link of links.keys()) link.close('stopped')
    },
  }
}

/** Closes a connection that carries no link any more. True when this was the peer's last link. */
function release(
  standing: Standing,
  key: string,
  { link, connection }: { readonly link: FrameLink; readonly connection: Connection },
): boolean {
  const own = standing.get(key)
  own?.delete(link)
  if (![...(own?.values() ?? [])].includes(connection)) connection.abort(new Error('link closed'))
  return own?.size === 0 && standing.delete(key)
}

function makeStatus(standing: Standing, clock: Clock): { readonly linked: View<readonly PeerStatus[]>; refresh(): void; close(): void } {
  const linked = makeCell<readonly PeerStatus[]>([])
  const refresh = (): void => {
    const next = [...standing].map(([key, links]) => ({ key, roundTripMs: [...links.values()].at(-1)?.rtt ?? null }))
    next.sort((a, b) => (a.key < b.key ? -1 : 1))
    if (JSON.stringify(next) !== JSON.stringify(linked.read())) linked.set(next)
  }
  const readAgain = (): void => {
    refresh()
    cancel = clock.after(statusIntervalMs, readAgain)
  }
  let cancel = clock.after(statusIntervalMs, readAgain)
  return {
    linked,
    refresh,
    close: () => {
      cancel()
    },
  }
}
