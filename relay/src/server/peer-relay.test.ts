import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { toHex } from '@poruch/base'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeLatePeers } from './late-peers.ts'
import { peerIdOf } from './peer-id.ts'
import { addressOf, openPeerRelay } from './peer-relay.ts'
import type { PeerRelay } from './peer-relay.ts'

const echo = '/poruch/test/1'

let server: Server
let relay: PeerRelay
let url: string
let members: Set<string>
let nodes: Libp2p[]

beforeEach(async () => {
  members = new Set()
  nodes = []
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  relay = await openPeerRelay({ seed: new Uint8Array(32).fill(1), url, allow: (key) => members.has(key) })
  server.on('upgrade', (request, socket, head) => relay.upgrade(request, socket, head))
})
afterEach(async () => {
  await Promise.all(nodes.map(async (node) => node.stop()))
  await relay.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** A device whose transport key has this seed; a member's unless told otherwise. */
async function device(seed: number, isMember = true): Promise<Libp2p> {
  const privateKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))
  if (isMember) members.add(toHex(privateKey.publicKey.raw))
  const node = await createLibp2p({
    privateKey,
    addresses: { listen: ['/p2p-circuit'] },
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify() },
  })
  nodes.push(node)
  return node
}

const relayAt = () => multiaddr(`${addressOf(url)}/p2p/${relay.peerId}`)

/** Resolves when the node is reachable through the relay. */
async function reserved(node: Libp2p): Promise<string> {
  await node.dial(relayAt())
  return new Promise((resolve) => {
    const look = (): void => {
      const address = node.getMultiaddrs().find((one) => one.toString().includes('/p2p-circuit'))
      if (address) resolve(address.toString())
    }
    node.addEventListener('self:peer:update', look)
    look()
  })
}

test('[RE58] introduces two members to one another over the one port', { timeout: 20_000 }, async () => {
  const [alice, bob] = [await device(2), await device(3)]
  const heard = new Promise<string>(
    (resolve) =>
      void bob.handle(echo, (_stream, connection) => resolve(connection.remotePeer.toString()), { runOnLimitedConnection: true }),
  )
  const address = await reserved(bob)
  expect(address.startsWith(addressOf(url))).toBe(true)
  await alice.dialProtocol(multiaddr(address), echo, { runOnLimitedConnection: true })
  expect(await heard).toBe(alice.peerId.toString())
})

test('[RE59] a stranger gets no connection; whoever is removed is hung up on', { timeout: 20_000 }, async () => {
  const mallory = await device(4, false)
  const ended = new Promise<void>((resolve) => mallory.addEventListener('connection:close', () => resolve()))
  await mallory.dial(relayAt()).then(
    () => ended,
    () => undefined,
  )
  expect(mallory.getConnections()).toEqual([])
  const bob = await device(5)
  await reserved(bob)
  const hungUp = new Promise<void>((resolve) => bob.addEventListener('connection:close', () => resolve()))
  members.clear()
  relay.sweep()
  await hungUp
})

test('[RE170] the relay tells its peer id without libp2p, and it is the one that libp2p gives', async () => {
  for (const byte of [0, 1, 255]) {
    const seed = new Uint8Array(32).fill(byte)
    const node = await openPeerRelay({ seed, url, allow: () => false })
    expect(await peerIdOf(seed)).toBe(node.peerId)
    await node.close()
  }
})

test('[RE170] libp2p is loaded for the first peer who comes, and that peer is served', async () => {
  const noted: string[] = []
  const late = makeLatePeers({ seed: new Uint8Array(32).fill(1), url, allow: (key) => members.has(key) }, (event) => noted.push(event))
  await late.close()
  late.sweep()
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request, socket, head) => late.upgrade(request, socket, head))
  const alice = await device(2)
  await alice.dial(relayAt())
  expect(alice.getConnections()).toHaveLength(1)
  members.clear()
  const gone = new Promise((resolve) => alice.addEventListener('peer:disconnect', resolve))
  late.sweep()
  await gone
  await late.close()
  expect(noted).toEqual([])
})
