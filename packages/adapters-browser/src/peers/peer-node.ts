/** Holds direct links with members: dials, is dialled, and tells the layers above of each link. */
import type { Libp2p, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { makeCell, makeLifetime, toHex } from '@poruch/base'
import type { Bytes, Clock, Lifetime, Random, View } from '@poruch/base'
import type { FrameLink } from '@poruch/sync'
import { peerAddress, relayAddress } from './address.ts'
import type { RelayPlace } from './address.ts'
import { makeDialPlan } from './dial-plan.ts'
import type { DialPlan } from './dial-plan.ts'
import { directConnection, isDirect, parsePeerId, peerIdOf, startNode, transportKeyOf } from './libp2p-node.ts'
import { makeLinks } from './links.ts'
import type { PeerStatus, TakeStream } from './links.ts'
import { watchRelay } from './relay-watch.ts'

const syncProtocol = '/poruch/sync/1'
/** One is used; another may be there for a moment when both sides dial. */
const maxSyncStreams = 4

export interface PeerNodeOptions {
  /** 32 bytes: the Ed25519 seed of this device's transport key. */
  readonly transportSeed: Bytes
  readonly relay: RelayPlace
  /** Whether a transport key is a live member's. Asked at each connection; call `recheck` when the answer changed. */
  readonly allow: (transportKey: Bytes) => boolean
  /** STUN and TURN of this workspace; empty: none is asked. */
  readonly iceServers: readonly RTCIceServer[]
  /** A new direct link. While links replace each other, two with one peer may be open for a moment; each is a session of its own. */
  readonly onLink: (transportKey: Bytes, link: FrameLink) => void
  readonly clock: Clock
  readonly random: Random
  /** Ends it like `stop`. */
  readonly signal: AbortSignal
}

export interface PeerNode {
  /** Hex of this device's transport key. */
  readonly key: string
  /** Peers with a direct link, in order of key. A link says nothing of presence: a dead one is noticed after seconds. */
  readonly linked: View<readonly PeerStatus[]>
  /** Whether the relay introduces others to this device. */
  readonly reachable: View<boolean>
  /** The transport keys to hold links with. Connections of those not allowed any more are closed. */
  setWanted(transportKeys: readonly Bytes[]): void
  /** Closes the connections of those whom `allow` no longer takes. */
  recheck(): void
  stop(): Promise<void>
}

/** Starts without the relay as well. Direct links live on when the relay dies. */
export async function openPeerNode(options: PeerNodeOptions): Promise<PeerNode> {
  const node = await startNode({ ...options, relayPeerId: options.relay.peerId })
  const self = transportKeyOf(node.peerId)
  if (!self) throw new TypeError('a transport key is always Ed25519')
  const relay = { id: parsePeerId(options.relay.peerId), address: relayAddress(options.relay) }
  const lifetime = makeLifetime()
  const reachable = makeCell(false)
  const links = makeLinks({ ...options, self })
  const plan: DialPlan = makeDialPlan({
    self,
    clock: options.clock,
    random: options.random,
    isLinked: links.has,
    canDial: () => node.getConnections(relay.id).length > 0,
    dial: (key) => openLink(node, { peer: peerIdOf(key), relay: relay.address, signal: options.signal }, links.take),
  })
  lifetime.add(plan.close)
  links.follow(plan)
  lifetime.add(links.close)
  await node.handle(syncProtocol, links.take, { maxInboundStreams: maxSyncStreams, maxOutboundStreams: maxSyncStreams })
  lifetime.add(keepRelayed(node, { ...options, relay, plan, reachable }))
  const recheck = (): void => {
    closeStrangers(node, relay.id, options.allow)
  }
  const stop = makeStop(node, lifetime)
  options.signal.addEventListener('abort', () => void stop())
  if (options.signal.aborted) await stop()
  return {
    key: toHex(self),
    linked: links.linked,
    reachable,
    setWanted: (keys) => {
      plan.setWanted(keys)
      recheck()
    },
    recheck,
    stop,
  }
}

function closeStrangers(node: Libp2p, relay: PeerId, allow: (transportKey: Bytes) => boolean): void {
  for (const connection of node.getConnections()) {
    const key = transportKeyOf(connection.remotePeer)
    if (connection.remotePeer.equals(relay) || (key && allow(key))) continue
    connection.abort(new Error('not a member'))
  }
}

function makeStop(node: Libp2p, lifetime: Lifetime): () => Promise<void> {
  let stopping: Promise<void> | null = null
  return () => {
    stopping ??= Promise.resolve().then(() => {
      lifetime.end()
      return node.stop()
    })
    return stopping
  }
}

/** One dial with its stream. A try that fails takes the circuit down with it: the next one must not reuse a dead one. */
async function openLink(
  node: Libp2p,
  to: { readonly peer: PeerId; readonly relay: string; readonly signal: AbortSignal },
  take: TakeStream,
): Promise<void> {
  const { peer, relay, signal } = to
  try {
    const standing = directConnection(node, peer)
    const connection = standing ?? (await node.dial(multiaddr(peerAddress(relay, peer.toString())), { signal, force: true }))
    take(await connection.newStream(syncProtocol, { signal, maxOutboundStreams: maxSyncStreams }), connection)
  } catch (thrown) {
    for (const connection of node.getConnections(peer)) if (!isDirect(connection)) connection.abort(new Error('dial failed'))
    throw thrown
  }
}

interface Relayed {
  readonly relay: { readonly id: PeerId; readonly address: string }
  readonly plan: DialPlan
  readonly reachable: { set(value: boolean): void }
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

/** Keeps the relay dialled. The returned function stops it. */
function keepRelayed(node: Libp2p, { relay, plan, reachable, clock, random, signal }: Relayed): () => void {
  const watch = watchRelay({
    clock,
    random,
    reserved: () => node.getMultiaddrs().some((address) => address.toString().includes('/p2p-circuit')),
    connected: () => node.getConnections(relay.id).length > 0,
    dial: async () => {
      await node.dial(multiaddr(relay.address), { signal })
      plan.wake()
    },
    hangUp: () => {
      for (const connection of node.getConnections(relay.id)) connection.abort(new Error('no reservation'))
    },
    onChange: (reserved) => {
      reachable.set(reserved)
      if (reserved) plan.wake()
    },
  })
  const look = (): void => {
    watch.look()
  }
  node.addEventListener('self:peer:update', look)
  node.addEventListener('connection:close', look)
  return () => {
    node.removeEventListener('self:peer:update', look)
    node.removeEventListener('connection:close', look)
    watch.close()
  }
}
