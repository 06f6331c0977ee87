/** What runs in the pages of the peer test: one node, what it heard, and handles for the test outside. */
import { parseHex, systemClock, toHex } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import type { FrameLink } from '@poruch/sync'
import { openPeerNode } from '../peers.ts'
import type { PeerNode } from '../peers.ts'

export interface PeerPage {
  /** Starts the node; answers its key. */
  start(options: {
    readonly seed: number
    readonly origin: string
    readonly relayPeerId: string
    readonly allowed: readonly string[]
  }): Promise<string>
  setWanted(keys: readonly string[]): void
  setAllowed(keys: readonly string[]): void
  /** True when a link took it. */
  send(key: string, text: string): boolean
  readonly heard: readonly string[]
  readonly refusals: number
  linked(): readonly { readonly key: string; readonly roundTripMs: number | null }[]
  reachable(): boolean
  stop(): Promise<void>
}

const random: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) }
const seedSizeBytes = 32

function parseKeys(keys: readonly string[]): readonly Bytes[] {
  return keys.flatMap((key) => parseHex(key) ?? [])
}

function makePeerPage(): PeerPage {
  const heard: string[] = []
  const links = new Map<string, FrameLink>()
  let allowed = new Set<string>()
  let refusals = 0
  let node: PeerNode | null = null
  const allow = (transportKey: Bytes): boolean => {
    const yes = allowed.has(toHex(transportKey))
    if (!yes) refusals++
    return yes
  }
  const onLink = (transportKey: Bytes, link: FrameLink): void => {
    const key = toHex(transportKey)
    links.set(key, link)
    link.onFrame((frame) => heard.push(new TextDecoder().decode(frame)))
    link.onClose(() => {
      if (links.get(key) === link) links.delete(key)
    })
  }
  return {
    heard,
    get refusals() {
      return refusals
    },
    start: async ({ seed, origin, relayPeerId, allowed: first }) => {
      allowed = new Set(first)
      node = await openPeerNode({
        transportSeed: new Uint8Array(seedSizeBytes).fill(seed),
        relay: { origin, peerId: relayPeerId },
        allow,
        iceServers: [],
        onLink,
        clock: systemClock,
        random,
        signal: new AbortController().signal,
      })
      return node.key
    },
    setWanted: (keys) => node?.setWanted(parseKeys(keys)),
    setAllowed: (keys) => {
      allowed = new Set(keys)
      node?.recheck()
    },
    send: (key, text) => links.get(key)?.send(new TextEncoder().encode(text)) ?? false,
    linked: () => node?.linked.read() ?? [],
    reachable: () => node?.reachable.read() ?? false,
    stop: () => node?.stop() ?? Promise.resolve(),
  }
}

declare global {
  var peerPage: PeerPage
}

globalThis.peerPage = makePeerPage()
