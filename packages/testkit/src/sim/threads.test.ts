/** Threads change nothing: what they bring is what one schedule after another brings. */
import { expect, test } from 'vitest'
import { plainScenario } from './scenario.ts'
import { runSchedule } from './schedule.ts'
import { runInThreads } from './threads.ts'

/** Long for a machine that is busy with other tests; nothing is measured. */
const timeout = 300_000

test('[SI7] outcomes of threads are those of schedules run alone, in order of seeds', { timeout }, async () => {
  const heard: number[] = []
  const outcomes = await runInThreads({ seeds: [12, 5, 9], scenario: plainScenario, onOutcome: ({ seed }) => heard.push(seed) })
  expect(outcomes.map(({ seed }) => seed)).toEqual([5, 9, 12])
  expect(heard.toSorted((a, b) => a - b)).toEqual([5, 9, 12])
  expect(outcomes[1]).toEqual(await runSchedule({ seed: 9, scenario: plainScenario }))
})
