/** The libp2p node of a browser: WebRTC between members, who are introduced over a circuit through the relay. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed, publicKeyFromRaw } from '@libp2p/crypto/keys'
import { identify, identifyPush } from '@libp2p/identify'
import type { Connection, ConnectionGater, Libp2p, PeerId } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { copyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { createLibp2p } from 'libp2p'

/** A killed peer is noticed within one interval and one time-out. */
const pingIntervalMs = 5000
const pingTimeoutMs = 4000
/** Through the relay and ICE; slower than this is not worth the wait, the relay carries meanwhile. */
const dialTimeoutMs = 15_000
/** Fastest measured size of a data channel's message. */
const maxMessageBytes = 65_535
/** Introductions all come from the relay's one address: libp2p's own limit of 5 a second would refuse members. */
const inboundPerSecond = 100
const maxPendingInbound = 100
/** Dials wait on the network; more at once only slows each. */
const maxParallelDials = 8
/** Direct peers, each perhaps twice for a moment, and the circuits that introduced them. */
const maxConnections = 300
const maxPingStreams = 8
const ed25519KeyBytes = 32

export interface NodeOptions {
  /** 32 bytes: the Ed25519 seed of this device's transport key. */
  readonly transportSeed: Bytes
  readonly relayPeerId: string
  readonly allow: (transportKey: Bytes) => boolean
  readonly iceServers: readonly RTCIceServer[]
}

/** Starts without the relay, too: it is dialled by the watch. */
export async function startNode(options: NodeOptions): Promise<Libp2p> {
  return createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', options.transportSeed),
    nodeInfo: { name: 'poruch', version: '1', userAgent: 'poruch' }, // the default tells peers the browser's
    addresses: { listen: ['/p2p-circuit', '/webrtc'] },
    transports: [
      webSockets(),
      // without own servers libp2p would ask four public ones
      webRTC({ rtcConfiguration: { iceServers: [...options.iceServers] }, dataChannel: { maxMessageSize: maxMessageBytes } }),
      circuitRelayTransport(),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: {
      dialTimeout: dialTimeoutMs,
      addressDialTimeout: dialTimeoutMs,
      inboundConnectionThreshold: inboundPerSecond,
      maxIncomingPendingConnections: maxPendingInbound,
      maxParallelDials,
      maxConnections,
      reconnectRetries: 0, // the dial plan and the watch do it
    },
    connectionMonitor: { pingInterval: pingIntervalMs, pingTimeout: { minTimeout: pingTimeoutMs, maxTimeout: pingTimeoutMs } },
    connectionGater: makeGater(options),
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping({ maxInboundStreams: maxPingStreams, maxOutboundStreams: maxPingStreams }),
    },
  })
}

/** Members only, in both directions; beside them the relay, which may introduce and nothing else. */
function makeGater({ relayPeerId, allow }: NodeOptions): ConnectionGater {
  const isRelay = (peer: PeerId): boolean => peer.toString() === relayPeerId
  const isStranger = (peer: PeerId): boolean => {
    const key = transportKeyOf(peer)
    return !key || !allow(key)
  }
  return {
    denyDialMultiaddr: () => false, // in a browser the default refuses ws:// and addresses of the local network
    denyDialPeer: (peer) => !isRelay(peer) && isStranger(peer),
    denyInboundRelayedConnection: (relay, peer) => !isRelay(relay) || isStranger(peer),
    denyInboundEncryptedConnection: isStranger,
    denyInboundUpgradedConnection: isStranger,
    denyOutboundUpgradedConnection: (peer) => !isRelay(peer) && isStranger(peer),
  }
}

/** The raw Ed25519 key that a peer id is made of, or null for other kinds of keys. */
export function transportKeyOf(peer: PeerId): Bytes | null {
  return peer.type === 'Ed25519' ? copyBytes(peer.publicKey.raw) : null
}

/** @throws Error unless the key has 32 bytes */
export function peerIdOf(transportKey: Bytes): PeerId {
  if (transportKey.length !== ed25519KeyBytes) throw new RangeError(`a transport key of ${transportKey.length} bytes`)
  return peerIdFromPublicKey(publicKeyFromRaw(transportKey))
}

export function parsePeerId(text: string): PeerId {
  return peerIdFromString(text)
}

/** The newest open connection that no relay stands in between, or null. */
export function directConnection(node: Libp2p, peer: PeerId): Connection | null {
  const direct = node.getConnections(peer).filter((connection) => isDirect(connection) && connection.status === 'open')
  return direct.toSorted((a, b) => b.timeline.open - a.timeline.open)[0] ?? null
}

/** Limited connections run through the relay, and end silently after a few bytes. */
export function isDirect(connection: Connection): boolean {
  return connection.limits === undefined
}
