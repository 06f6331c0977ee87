/** Who asks: the peer's own address, or what a configured proxy says of it. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4 } from 'node:net'

/** Proxies in a row; a longer chain is nobody's real set-up, and is not believed. */
const maxProxyHops = 16

export type AddressClass = 'loopback' | 'private' | 'public'

export interface Caller {
  /** What limits are counted by: an IPv4 address, or the first 64 bits of an IPv6 one, which is what one customer is given. */
  readonly key: string
  readonly class: AddressClass
  /** The request came straight from this machine: no proxy, known or unknown, stands in between. */
  readonly isLocal: boolean
}

export interface Addresses {
  of(request: Pick<IncomingMessage, 'headers' | 'socket'>): Caller
  /** Whether all of a proxy's visitors come from this address. */
  isProxy(address: string): boolean
}

/** `proxies`: addresses and CIDR ranges. @throws TypeError when one is neither */
export function makeAddresses(proxies: readonly string[]): Addresses {
  const trusted = listOf(proxies)
  const isProxy = (address: string): boolean => isIn(trusted, plain(address))
  return {
    isProxy,
    of: ({ headers, socket }) => {
      const peer = plain(socket.remoteAddress ?? '')
      const isForwarded = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined
      const address = isForwarded && isProxy(peer) ? clientOf(headers, peer, isProxy) : peer
      const of = classOf(address)
      return { key: keyOf(address), class: of, isLocal: of === 'loopback' && !isForwarded }
    },
  }
}

/** @throws TypeError when an entry is no address and no CIDR range */
export function listOf(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits, ...rest] = entry.split('/')
    const family = familyOf(address)
    const prefix = bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits)
    if (!isIP(address) || rest.length > 0 || !/^\d{1,3}$/u.test(bits ?? '0') || prefix > (family === 'ipv4' ? 32 : 128))
      throw new TypeError(`${entry} is no address and no range`)
    list.addSubnet(address, prefix, family)
  }
  return list
}

/**
 * From the right, the first address that is no proxy of ours: what stands left of it was written by a stranger. A proxy sets one of
 * the two headers and passes the other one on as it came, so where both are there and differ, neither is believed.
 */
function clientOf(headers: IncomingMessage['headers'], peer: string, isProxy: (address: string) => boolean): string {
  const last = (hops: readonly string[]): string => {
    if (hops.length > maxProxyHops) return peer
    let found = peer
    for (const hop of hops.toReversed()) {
      if (!isIP(hop)) break
      found = hop
      if (!isProxy(hop)) break
    }
    return found
  }
  const listed = headers['x-forwarded-for']
  const plainHops = listed === undefined ? null : last(String(listed).split(',').map(bare))
  const stated = headers['forwarded']
  const forwardedHops = stated === undefined ? null : last(stated.split(',').map(forOf))
  if (plainHops !== null && forwardedHops !== null && plainHops !== forwardedHops) return peer
  return plainHops ?? forwardedHops ?? peer
}

/** The `for` of one element of `Forwarded` (RFC 7239 §4); empty when it names no address. */
function forOf(element: string): string {
  return bare(/(?:^|;)\s*for=("[^"]*"|[^;,\s]*)/iu.exec(element)?.[1] ?? '')
}

/** Without quotes, brackets and port. */
function bare(text: string): string {
  const inner = text.trim().replaceAll('"', '')
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/u.exec(inner)?.[1]
  return plain(bracketed ?? inner.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/u, '$1'))
}

/** An IPv4 address that came over an IPv6 socket is an IPv4 address. */
function plain(address: string): string {
  const inner = address.replace(/%.*$/u, '').toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/u.exec(inner)?.[1]
  return mapped ?? inner
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}

function isIn(list: BlockList, address: string): boolean {
  return isIP(address) !== 0 && list.check(address, familyOf(address))
}

const loopback = listOf(['127.0.0.0/8', '::1'])
const inside = listOf(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'])

function classOf(address: string): AddressClass {
  if (isIn(loopback, address)) return 'loopback'
  return isIn(inside, address) ? 'private' : 'public'
}

function keyOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [left = '', right] = address.split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right ? right.split(':') : []
  const filled =
    right === undefined ? head : [...head, ...Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0'), ...tail]
  return `${filled
    .slice(0, 4)
    .map((part) => part.padStart(4, '0'))
    .join(':')}::/64`
}
