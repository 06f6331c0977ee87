import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { peerAddress, relayAddress } from './address.ts'

const relay = '12D3KooWSFe2mPVjtXzqVcrZ6hDsWLYkSqcYBe4uXQDqFA2Xh4tW'

test('[AB33] a peer is found through the relay, by what is known without asking', () => {
  expect(relayAddress({ origin: 'http://127.0.0.1:8080', peerId: relay })).toBe(`/ip4/127.0.0.1/tcp/8080/ws/p2p/${relay}`)
  expect(relayAddress({ origin: 'https://chat.example.org', peerId: relay })).toBe(`/dns/chat.example.org/tcp/443/tls/ws/p2p/${relay}`)
  expect(relayAddress({ origin: 'http://[::1]:8080', peerId: relay })).toBe(`/ip6/::1/tcp/8080/ws/p2p/${relay}`)
  expect(relayAddress({ origin: 'http://localhost', peerId: relay })).toBe(`/dns/localhost/tcp/80/ws/p2p/${relay}`)
  const address = peerAddress(relayAddress({ origin: 'http://localhost:8080', peerId: relay }), relay)
  expect(multiaddr(address).toString()).toBe(`/dns/localhost/tcp/8080/ws/p2p/${relay}/p2p-circuit/webrtc/p2p/${relay}`)
})
