import { expect, test } from 'vitest'
import { closingLine, isGood, percentile } from './report.ts'

test('[KI4] the last line counts kills and losses and gives the time to ready that 99 of 100 starts kept', () => {
  const readyMs = Array.from({ length: 100 }, (_, index) => 100 + index)
  expect(closingLine({ kills: 100, lost: [], readyMs })).toBe('100 kills, 0 acknowledged lost, ready p99 198 ms')
  expect(closingLine({ kills: 2, lost: ['one'], readyMs: [] })).toBe('2 kills, 1 acknowledged lost, ready p99 0 ms')
})

test('[KI4] the share of few values is the largest, of none nothing', () => {
  expect(percentile([30, 10, 20], 0.99)).toBe(30)
  expect(percentile([30, 10, 20], 0.5)).toBe(20)
  expect(percentile([], 0.99)).toBe(0)
})

test('[KI4] is bad when anything was lost, and when starts took more than two seconds', () => {
  expect(isGood({ kills: 1, lost: [], readyMs: [2_000] })).toBe(true)
  expect(isGood({ kills: 1, lost: [], readyMs: [2_001] })).toBe(false)
  expect(isGood({ kills: 1, lost: ['one'], readyMs: [10] })).toBe(false)
})
