/** Where peers are found: addresses follow from the relay and the peer id alone, nobody has to announce them. */

export interface RelayPlace {
  /** `https://host` or `http://host:port`, as for HTTP: peers meet on the same port. */
  readonly origin: string
  /** Of the relay's libp2p node, from `GET /api/relay`. */
  readonly peerId: string
}

const defaultPorts: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' }

/** The relay as a multiaddr, ending in its peer id. @throws TypeError when the origin is no URL */
export function relayAddress({ origin, peerId }: RelayPlace): string {
  const { protocol, hostname, port } = new URL(origin)
  const security = protocol === 'https:' ? '/tls' : ''
  return `${hostAddress(hostname)}/tcp/${port || (defaultPorts[protocol] ?? '80')}${security}/ws/p2p/${peerId}`
}

function hostAddress(hostname: string): string {
  if (/^\d+\.\d+\.\d+\.\d+$/u.test(hostname)) return `/ip4/${hostname}`
  const inner = /^\[(.+)\]$/u.exec(hostname)?.[1]
  return inner === undefined ? `/dns/${hostname}` : `/ip6/${inner}`
}

/** Where a peer is dialled: by WebRTC, the two of them introduced through the relay. */
export function peerAddress(relay: string, peerId: string): string {
  return `${relay}/p2p-circuit/webrtc/p2p/${peerId}`
}
