/** The libp2p circuit relay through which members' devices find one another; it carries their handshakes and sees nothing inside. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { createLibp2p } from 'libp2p'

/** The defaults are 15, 5/s and 10: too small for one team behind one address. design/sync.md. */
const maxReservations = 500
/** New connections in a second, from one host: the door bounds them before. */
const maxInboundPerSecond = 200
/** Connections whose handshake is not done. */
const maxPendingInbound = 100
/** Connections of libp2p at once. */
const maxPeerConnections = 1_000
/** Streams through the relay at once, in each direction. */
const maxHopStreams = 256

export interface PeerRelay {
  readonly peerId: string
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Hangs up on those who are allowed no longer. */
  sweep(): void
  close(): Promise<void>
}

export interface PeerRelayOptions {
  readonly seed: Bytes
  /** Where this relay is reached, for instance http://localhost:8080. */
  readonly url: string
  /** Whether the transport key (32 bytes, hexadecimal) is a present member's. */
  allow(publicKey: string): boolean
}

interface PeerName {
  readonly publicKey?: { readonly raw: Uint8Array } | undefined
}

interface UpgradeListener {
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

export async function openPeerRelay({ seed, url, allow }: PeerRelayOptions): Promise<PeerRelay> {
  let listener: UpgradeListener | null = null
  const isMember = (peer: PeerName): boolean => peer.publicKey !== undefined && allow(toHex(peer.publicKey.raw))
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', seed),
    // Its own listener is on loopback and on any port; what arrives on ours is handed to it.
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'], announce: [addressOf(url)] },
    transports: [
      (components) => {
        const transport = webSockets()(components)
        const createListener = transport.createListener.bind(transport)
        transport.createListener = (options) => {
          const made = createListener(options)
          listener = made as unknown as UpgradeListener
          return made
        }
        return transport
      },
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: {
      maxConnections: maxPeerConnections,
      inboundConnectionThreshold: maxInboundPerSecond,
      maxIncomingPendingConnections: maxPendingInbound,
    },
    connectionGater: {
      denyInboundEncryptedConnection: (peer) => !isMember(peer),
      denyInboundRelayReservation: (peer) => !isMember(peer),
      denyOutboundRelayedConnection: (from, to) => !isMember(from) || !isMember(to),
      denyDialPeer: () => true,
      denyDialMultiaddr: () => true,
    },
    services: {
      identify: identify(),
      ping: ping(),
      relay: circuitRelayServer({
        hopTimeout: 30_000,
        maxInboundHopStreams: maxHopStreams,
        maxOutboundHopStreams: maxHopStreams,
        maxOutboundStopStreams: maxHopStreams,
        reservations: { maxReservations },
      }),
    },
  })
  return {
    peerId: node.peerId.toString(),
    upgrade: (request, socket, head) => {
      if (listener) listener.onUpgrade(request, socket, head)
      else socket.destroy()
    },
    sweep: () => {
      for (const connection of node.getConnections()) {
        if (!isMember(connection.remotePeer)) connection.close().catch(() => connection.abort(new Error('not a member')))
      }
    },
    close: async () => node.stop(),
  }
}

/** The relay's own address, as libp2p writes it. @throws TypeError when it is no URL */
export function addressOf(url: string): string {
  const { protocol, hostname, port } = new URL(url)
  const ip6 = /^\[(.+)\]$/u.exec(hostname)?.[1]
  const host = /^\d+(\.\d+){3}$/u.test(hostname) ? `/ip4/${hostname}` : ip6 === undefined ? `/dns/${hostname}` : `/ip6/${ip6}`
  const secure = protocol === 'https:'
  return `${host}/tcp/${port || (secure ? '443' : '80')}${secure ? '/tls' : ''}/ws`
}
