/** Devices in this process: the product's own replica and relay connection, over stores in memory. */
import { connectRelay, keepRelay } from '@poruch/adapters-browser/relay'
import type { KeptRelay, RelayConnection } from '@poruch/adapters-browser/relay'
import { systemClock } from '@poruch/base'
import type { Clock } from '@poruch/base'
import { systemRandom, webCryptoSuite } from '@poruch/crypto'
import { openReplica } from '@poruch/replica'
import type { OpenReplica, RelayPort, ReplicaPorts } from '@poruch/replica'
import type { FrameLink } from '@poruch/sync'
import { openMemoryLogStore } from '../memory/log-store.ts'
import type { PromiseBook } from '../promises.ts'

/** Hears what the devices' lines to the relay do. */
export interface LineEvents {
  connected(): void
  /** A frame goes to the socket, or came from it; its type byte. */
  frame(type: number): void
}

export interface Device {
  readonly name: string
  readonly replica: OpenReplica
  /** Open sessions at the relay. */
  sessions(): number
  /** Asks the relay at once instead of at the end of the present wait. */
  retry(): void
  close(): Promise<void>
}

export interface DeviceOptions {
  readonly name: string
  readonly book: PromiseBook
  readonly events: LineEvents
  /** In place of the machine's clock, an empty store in memory, the product's engine, and no direct network. */
  readonly parts?: Partial<Pick<ReplicaPorts, 'clock' | 'store' | 'peers' | 'openSync' | 'log' | 'suite'>>
  /** It stays without a network. */
  readonly offline?: boolean
}

/** A device that may use the network; blank when its store is. */
export async function openDevice({ name, book, events, parts = {}, offline = false }: DeviceOptions): Promise<Device> {
  const { clock = systemClock } = parts
  const kept = new Set<KeptRelay>()
  const open = new Set<RelayConnection>()
  const online = new AbortController()
  const replica = await openReplica({
    suite: webCryptoSuite(),
    random: systemRandom,
    clock,
    store: openMemoryLogStore(),
    peers: null,
    relay: makeRelayPort({ clock, kept, open, book, events }),
    ...parts,
  })
  if (!offline) replica.goOnline(online.signal)
  return {
    name,
    replica,
    sessions: () => open.size,
    retry: () => {
      for (const one of kept) one.retry()
    },
    close: async () => {
      online.abort()
      await replica.close()
    },
  }
}

interface Lines {
  readonly clock: Clock
  readonly kept: Set<KeptRelay>
  readonly open: Set<RelayConnection>
  readonly book: PromiseBook
  readonly events: LineEvents
}

/** As client/src/app/boot.ts composes it, with an ear at the link. */
function makeRelayPort({ clock, kept, open, book, events }: Lines): RelayPort {
  return {
    keep: ({ origin, identity, handlers, signal }) => {
      const one = keepRelay({
        clock,
        random: systemRandom,
        signal,
        connect: async ({ signal: attempt }) =>
          connectRelay({ origin, device: identity.device, authenticate: identity, clock, signal: attempt }),
        onState: (state) => {
          if (state.kind === 'refused') handlers.onState({ name: 'refused', code: state.code })
          else handlers.onState({ name: state.kind })
          if (state.kind !== 'connected') return
          const { connection } = state
          open.add(connection)
          connection.link.onClose(() => open.delete(connection))
          handlers.onSession({ ...connection, link: overhear(connection.link, book, events) })
          events.connected()
        },
      })
      kept.add(one)
      signal.addEventListener('abort', () => kept.delete(one), { once: true })
    },
  }
}

/** What the relay promises is noted before the device hears of it. */
function overhear(link: FrameLink, book: PromiseBook, events: LineEvents): FrameLink {
  const ear = book.socket()
  return {
    ...link,
    send: (frame) => {
      ear.sent(frame)
      events.frame(frame[0] ?? 0)
      return link.send(frame)
    },
    onFrame: (listener) =>
      link.onFrame((frame) => {
        ear.received(frame)
        events.frame(frame[0] ?? 0)
        listener(frame)
      }),
  }
}
