import type { Random } from '@poruch/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeBackOff } from './back-off.ts'

function always(byte: number): Random {
  return { bytes: (length) => new Uint8Array(length).fill(byte) }
}

test('[AB20] doubles its bound up to the longest wait, and starts over after a success', () => {
  const backOff = makeBackOff({ firstMs: 100, maxMs: 1000, random: always(255) })
  expect([1, 2, 3, 4, 5, 6].map(() => backOff.next())).toEqual([100, 200, 400, 800, 1000, 1000])
  backOff.reset()
  expect(backOff.next()).toBe(100)
})

test('[AB20] waits between half its bound and its bound, whatever chance says', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 20 }), (bytes, tries) => {
      const backOff = makeBackOff({ firstMs: 500, maxMs: 8000, random: { bytes: () => new Uint8Array(bytes) } })
      for (let index = 0; index < tries; index++) backOff.next()
      const boundMs = Math.min(8000, 500 * 2 ** tries)
      const delayMs = backOff.next()
      return delayMs >= boundMs / 2 && delayMs <= boundMs
    }),
    { seed: 20 },
  )
})
