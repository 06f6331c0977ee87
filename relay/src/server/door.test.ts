import { worldNowMs } from '@poruch/testkit/fixtures'
import { describe, expect, test } from 'vitest'
import { makeHandClock } from '../testing/hand-clock.ts'
import type { Caller } from './addresses.ts'
import { makeDoor, maxConnections } from './door.ts'

const from = (key: string): Caller => ({ key, class: 'public', isLocal: false })
const [here, there] = [from('203.0.113.1'), from('203.0.113.2')]
const device = 'aa'.repeat(32)

function open(devices = 5) {
  const clock = makeHandClock(worldNowMs)
  return { clock, door: makeDoor({ clock, devices }) }
}

/** How often it says 0 before it says how long to wait. */
function countOf(work: () => number): { readonly count: number; readonly waitMs: number } {
  for (let count = 0; ; count++) {
    const waitMs = work()
    if (waitMs > 0) return { count, waitMs }
  }
}

describe('the door', () => {
  test('[RE70] requests, files, sessions and upgrades of an address are bounded by the devices expected there; others are not touched', () => {
    const { clock, door } = open()
    expect(countOf(() => door.request(here))).toEqual({ count: 20, waitMs: 2_000 })
    expect(countOf(() => door.upgrade(here)).count).toBe(10)
    expect(countOf(() => door.session(here, device)).count).toBe(10)
    expect(door.file(here)).toBeGreaterThan(0)
    expect([door.request(there), door.upgrade(there), door.session(there, device), door.file(there)]).toEqual([0, 0, 0, 0])
    expect(countOf(() => door.file(there)).count).toBeGreaterThan(150)
    clock.advance(2_000)
    expect(countOf(() => door.request(here)).count).toBe(1)
    clock.advance(3_600_000)
    expect(countOf(() => door.request(here)).count).toBe(20)
  })

  test('[RE71] after ten failures each further one doubles the wait, up to a minute; ten quiet minutes end it', () => {
    const { clock, door } = open(500)
    const waits: number[] = []
    for (let n = 1; n <= 18; n++) {
      door.failed(here, device, 'bad-signature')
      const waitMs = door.session(here, 'bb'.repeat(32))
      waits.push(waitMs)
      clock.advance(waitMs)
    }
    expect(waits.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 0))
    expect(waits.slice(10)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    door.failed(here, device, 'bad-setup')
    expect(door.session(there, device)).toBe(0)
    expect(door.session(here, device)).toBe(60_000)
    clock.advance(10 * 60_000)
    door.failed(here, device, 'bad-signature')
    expect(door.session(here, device)).toBe(0)
  })

  test('[RE71] a device that is refused for what it is waits alone; a restarted relay’s forgotten challenge is nobody’s fault', () => {
    const { door } = open(500)
    for (let n = 0; n < 20; n++) door.failed(here, device, 'not-a-member')
    expect(door.session(here, device)).toBe(60_000)
    expect(door.session(here, 'bb'.repeat(32))).toBe(0)
    for (let n = 0; n < 20; n++) door.failed(there, device, 'bad-challenge')
    expect(door.session(there, device)).toBe(0)
  })

  test('[RE72] sockets and connections are bounded, for one address and for all; a place that was left is free again', () => {
    const { door } = open()
    const places = Array.from({ length: 20 }, () => door.enter(here))
    expect(places.every((leave) => leave !== null)).toBe(true)
    expect(door.enter(here)).toBe(null)
    expect(door.enter(there)).not.toBe(null)
    places[0]?.()
    places[0]?.()
    expect(door.sockets()).toBe(20)
    expect(door.enter(here)).not.toBe(null)
    expect(door.enter(here)).toBe(null)
    let taken = 0
    for (let n = 0; n < 2_000; n++) for (let m = 0; m < 10; m++) if (door.connect(`198.51.${n >> 8}.${n & 255}`)) taken += 1
    expect(taken).toBe(maxConnections)
    let sockets = 0
    for (let n = 0; n < 6_000; n++) if (door.enter(from(`10.0.${n >> 8}.${n & 255}`))) sockets += 1
    expect(door.sockets()).toBe(5_000)
    expect(sockets).toBe(5_000 - 21)
  })
})
