import { expect, test } from 'vitest'
import { planKills } from './schedule.ts'

test('[KI1] the same seed gives the same kills, another one others', () => {
  expect(planKills(50, 7)).toEqual(planKills(50, 7))
  expect(planKills(50, 7)).not.toEqual(planKills(50, 8))
})

test('[KI1] kills come while it runs, at writes, at proposals, and while it starts', () => {
  const counts = Map.groupBy(planKills(1000, 1), ({ at }) => at)
  expect([...counts.keys()].sort()).toEqual(['append', 'propose', 'running', 'starting'])
  expect(counts.get('append')?.length).toBeGreaterThan(400)
  expect(counts.get('starting')?.length).toBeGreaterThan(50)
})
