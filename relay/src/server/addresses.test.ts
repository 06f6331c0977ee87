import { describe, expect, test } from 'vitest'
import { makeAddresses } from './addresses.ts'

function ask(proxies: readonly string[], remoteAddress: string, headers: Record<string, string> = {}) {
  return makeAddresses(proxies).of({ headers, socket: { remoteAddress } as never })
}

describe('whose request it is', () => {
  test('[RE74] forwarding headers of anybody but a configured proxy are not believed', () => {
    const forged = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' }
    expect(ask([], '198.51.100.7', forged).key).toBe('198.51.100.7')
    expect(ask(['10.0.0.0/8'], '198.51.100.7', forged).key).toBe('198.51.100.7')
    expect(ask(['10.0.0.0/8'], '10.1.2.3', forged).key).toBe('203.0.113.9')
    expect(ask(['10.0.0.5'], '::ffff:10.0.0.5', { 'x-forwarded-for': '203.0.113.9' }).key).toBe('203.0.113.9')
    expect(ask(['fd00::/8'], 'fd12::1', { forwarded: 'proto=https;for="[2001:db8:1:2:3::4]:4711";by=x' }).key).toBe(
      '2001:0db8:0001:0002::/64',
    )
  })

  test('[RE74] of a chain, the first address from the right that is no proxy counts: what stands left of it is a stranger’s word', () => {
    const proxies = ['10.0.0.0/8']
    expect(ask(proxies, '10.0.0.1', { 'x-forwarded-for': '1.1.1.1, 203.0.113.9, 10.0.0.2' }).key).toBe('203.0.113.9')
    expect(ask(proxies, '10.0.0.1', { 'x-forwarded-for': 'garbage, 10.0.0.2' }).key).toBe('10.0.0.2')
    expect(ask(proxies, '10.0.0.1', { 'x-forwarded-for': Array.from({ length: 17 }, () => '10.0.0.2').join(',') }).key).toBe('10.0.0.1')
    expect(ask(proxies, '10.0.0.1', { 'x-forwarded-for': '203.0.113.9:1234' }).key).toBe('203.0.113.9')
    expect(ask(proxies, '10.0.0.1', { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=198.51.100.7' }).key).toBe('10.0.0.1')
    expect(ask(proxies, '10.0.0.1', { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' }).key).toBe('203.0.113.9')
  })

  test('[RE74] one IPv6 customer is one address; only what comes straight from this machine is local', () => {
    expect(ask([], '2001:db8::1').key).toBe(ask([], '2001:db8:0:0:9::2').key)
    expect(ask([], '2001:db8:0:1::1').key).not.toBe(ask([], '2001:db8::1').key)
    expect([ask([], '127.0.0.1'), ask([], '::1'), ask([], '::ffff:127.0.0.1')].map((one) => one.isLocal)).toEqual([true, true, true])
    expect(ask([], '127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }).isLocal).toBe(false)
    expect(['127.0.0.1', '10.0.0.1', 'fe80::1%eth0', '8.8.8.8', '2001:db8::1'].map((one) => ask([], one).class)).toEqual([
      'loopback',
      'private',
      'private',
      'public',
      'public',
    ])
    expect(() => makeAddresses(['10.0.0.0/99'])).toThrow('is no address')
    expect(() => makeAddresses(['proxy.example'])).toThrow('is no address')
  })
})
