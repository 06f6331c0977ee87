import { expect, test } from 'vitest'
import { figure, inTurns, median, pairedRatio, percentile } from './pairs.ts'

test('[BE3] every contestant runs once in each round, and who begins moves on', async () => {
  const order: string[] = []
  const trial = (name: string) => async (): Promise<number> => Promise.resolve(order.push(name))
  const samples = await inTurns(3, { ours: trial('ours'), peer: trial('peer') })
  expect(order).toEqual(['ours', 'peer', 'peer', 'ours', 'ours', 'peer'])
  expect(samples).toEqual({ ours: [1, 4, 5], peer: [2, 3, 6] })
})

test('[BE3] a ratio is the median of the ratios of the rounds, not the ratio of two medians', () => {
  expect(pairedRatio([1, 10, 100], [2, 10, 400])).toBe(0.5)
})

test('median, percentile and spread', () => {
  expect(median([4, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3)
  expect(percentile([], 0.99)).toBe(0)
  expect(figure('ours', 'ms', [3, 1, 2])).toEqual({ name: 'ours', unit: 'ms', median: 2, low: 1, high: 3, trials: 3 })
})
