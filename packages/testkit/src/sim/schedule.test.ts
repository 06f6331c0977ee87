/** Whole schedules: repeatable, green as they are, red with each planted bug. */
import { parseBase64 } from '@poruch/base'
import { expect, test } from 'vitest'
import { adversaries } from './adversaries/catalogue.ts'
import { isClean } from './checks.ts'
import { plants } from './plants.ts'
import type { Plant } from './plants.ts'
import { closingLine, reasonsOf } from './report.ts'
import { plainScenario, plantedScenario } from './scenario.ts'
import { runSchedule } from './schedule.ts'
import type { Outcome } from './schedule.ts'
import type { TraceEvent } from './trace.ts'

async function run(seed: number, scenario = plainScenario): Promise<Outcome> {
  return runSchedule({ seed, scenario })
}

/** Long for a machine that is busy with other tests; nothing is measured. */
const timeout = 300_000

test('[SI1] the same seed goes the same way, another one another way', { timeout }, async () => {
  const [one, again, other] = [await run(7), await run(7), await run(8)]
  expect(again).toEqual(one)
  expect(other.traceHash).not.toBe(one.traceHash)
})

test('[SI2] ten schedules are in order', { timeout }, async () => {
  const outcomes: Outcome[] = []
  for (let seed = 1; seed <= 10; seed++) outcomes.push(await run(seed))
  expect(outcomes.flatMap(reasonsOf)).toEqual([])
  expect(closingLine(outcomes, false)).toBe('10 schedules, 0 divergent, 0 acknowledged lost, 0 unauthorised accepted')
  expect(outcomes.every(({ messages, events }) => messages > 10 && events > 200)).toBe(true)
})

test('[SI2] a schedule is in order with the real cryptography, too', { timeout }, async () => {
  const outcome = await run(3, { ...plainScenario, realCrypto: true })
  expect(reasonsOf(outcome)).toEqual([])
})

test('[SI20] ten byzantine schedules are in order', { timeout }, async () => {
  const outcomes: Outcome[] = []
  for (let seed = 1; seed <= 10; seed++) outcomes.push(await run(seed, { ...plainScenario, byzantine: true }))
  expect(outcomes.flatMap(reasonsOf)).toEqual([])
})

test.each(adversaries.map(({ name }) => name))('[SI21] %s alone harms nobody', { timeout }, async (only) => {
  const outcome = await run(2, { ...plainScenario, byzantine: true, only })
  expect(reasonsOf(outcome)).toEqual([])
})

test('[SI22] who sends entries without the right to others is named by them', { timeout }, async () => {
  // Of 1 to 7 those in which the traitor meets somebody directly afterwards.
  const outcomes: Outcome[] = []
  for (const seed of [2, 3, 4, 7]) outcomes.push(await run(seed, { ...plainScenario, byzantine: true, only: 'unauthorised-entry' }))
  expect(outcomes.flatMap(reasonsOf)).toEqual([])
  expect(outcomes.map(({ named }) => named)).toEqual(outcomes.map(({ traitors }) => traitors))
})

test('[SI24] who signs two envelopes for one place is named by them, and all end on the same one', { timeout }, async () => {
  const outcomes: Outcome[] = []
  for (let seed = 1; seed <= 4; seed++) outcomes.push(await run(seed, { ...plainScenario, byzantine: true, only: 'equivocation' }))
  expect(outcomes.flatMap(reasonsOf)).toEqual([])
  expect(outcomes.map(({ named }) => named)).toEqual(outcomes.map(({ traitors }) => traitors))
})

test(
  '[SI25] a newcomer begins at a Checkpoint, also where the relay changes what it gives; who writes one without the right is named',
  { timeout },
  async () => {
    let starts = 0
    const write = (event: TraceEvent): void => {
      if (event.what === 'frame' && parseBase64(event.bytes)?.[0] === startFrame) starts++
    }
    const scenario = { ...plainScenario, byzantine: true, only: 'relay-false-start' }
    expect(reasonsOf(await runSchedule({ seed: 6, scenario, write }))).toEqual([])
    expect(starts).toBeGreaterThan(0)
    const outcomes = [await run(2, { ...scenario, only: 'forged-checkpoint' }), await run(4, { ...scenario, only: 'forged-checkpoint' })]
    expect(outcomes.flatMap(reasonsOf)).toEqual([])
    expect(outcomes.map(({ named }) => named)).toEqual(outcomes.map(({ traitors }) => traitors))
  },
)

/** START in docs/PROTOCOL.md. */
const startFrame = 29

interface Proof {
  /** Of `--schedules 50 --seed 1`, where the others fail as well. */
  readonly seeds: readonly number[]
  readonly kind: keyof Outcome['findings']
}

const proofs: Readonly<Record<Plant, Proof>> = {
  'ack-before-commit': { seeds: [18, 20], kind: 'lost' },
  'no-cut': { seeds: [5, 6], kind: 'unauthorised' },
  'no-deps': { seeds: [3, 4], kind: 'divergent' },
  'no-client-id-guard': { seeds: [4, 5], kind: 'unauthorised' },
  'no-signature-check': { seeds: [4, 5], kind: 'unauthorised' },
  'no-epoch-rotation': { seeds: [5, 6], kind: 'unauthorised' },
  'first-branch': { seeds: [3, 4], kind: 'divergent' },
  'no-seeding': { seeds: [8, 18], kind: 'divergent' },
  'write-behind': { seeds: [4, 7], kind: 'lost' },
  'no-epoch-skip': { seeds: [6, 14], kind: 'lost' },
}

test.each(plants)('[SI3] the planted bug %s is found', { timeout }, async (plant) => {
  const { seeds, kind } = proofs[plant]
  const failing: Outcome[] = []
  for (const seed of seeds) {
    const outcome = await run(seed, plantedScenario(plant))
    if (!isClean(outcome.findings)) failing.push(outcome)
  }
  expect(failing).not.toEqual([])
  expect(failing.some(({ findings }) => findings[kind].length > 0)).toBe(true)
})
