/** Padmé's lengths. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { padmeLength } from './index.ts'

const length = fc.integer({ min: 0, max: 2 ** 40 })

describe('padmeLength', () => {
  test.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [8, 8],
    [9, 10],
    [10, 10],
    [17, 18],
    [100, 104],
    [1000, 1024],
    [1025, 1088],
    [262_145, 270_336],
  ])('[CR18] pads %i to %i', (from, to) => {
    expect(padmeLength(from)).toBe(to)
  })

  test('[CR18] never shortens, adds under 12 %, keeps order, and pads no padded length', () => {
    fc.assert(
      fc.property(length, length, (one, other) => {
        const padded = padmeLength(one)
        expect(padded).toBeGreaterThanOrEqual(one)
        expect(padded).toBeLessThanOrEqual(one * 1.12)
        expect(padmeLength(padded)).toBe(padded)
        expect(Math.sign(padmeLength(other) - padded) * Math.sign(other - one)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 500, seed: 7 },
    )
  })

  test.each([-1, 1.5, Number.NaN, 2 ** 48])('[CR18] refuses %d', (wrong) => {
    expect(() => padmeLength(wrong)).toThrow(expect.objectContaining({ code: 'bad-size' }))
  })
})
