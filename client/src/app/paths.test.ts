/** Addresses and links, as foreign text. */
import type { UserId } from '@poruch/base'
import { expect, test } from 'vitest'
import { hrefOf, parseEntry, parseRoute } from './paths.ts'
import type { Route } from './paths.ts'

const user = 'b0'.repeat(32) as UserId
const prefix = '0f'.repeat(28)

test('[CL31] every screen has an address that leads back to it', () => {
  const routes: Route[] = [
    { name: 'home' },
    { name: 'members' },
    { name: 'connection' },
    { name: 'conversation', id: { kind: 'channel', prefix } },
    { name: 'conversation', id: { kind: 'direct', user } },
  ]
  for (const route of routes) expect(parseRoute(hrefOf(route))).toEqual(route)
})

test('[CL31] an unknown address is home', () => {
  for (const fragment of [
    '',
    '#',
    '#else',
    '#c/',
    '#c/0f',
    `#c/${prefix}00`,
    `#d/${user.toUpperCase()}`,
    '#d/',
    '#members/../x',
    '#__proto__',
    '#i/secret',
  ]) {
    expect(parseRoute(fragment).name).toBe(fragment.startsWith('#members') ? 'members' : 'home')
  }
})

test('[CL31] a link leads in only if it is whole', () => {
  expect(parseEntry('http://localhost:8080/#setup/abc-DEF_123')).toEqual({ kind: 'setup', secret: 'abc-DEF_123' })
  expect(parseEntry('  https://poruch.example/#i/AQ \n')).toEqual({ kind: 'invitation', link: 'https://poruch.example/#i/AQ' })
  for (const link of ['', 'https://poruch.example/', '#setup/', '#i/with space', '#i/<script>', `#i/${'A'.repeat(513)}`, '#x/abc']) {
    expect(parseEntry(link)).toBeNull()
  }
})
