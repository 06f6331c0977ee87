/** Virtual time, chance and lines: what the world of a schedule is made of. */
import { expect, test } from 'vitest'
import { makeChance } from './chance.ts'
import { makeLine } from './line.ts'
import type { Weather } from './line.ts'
import { closingLine } from './report.ts'
import { makeVirtualClock, settleMicrotasks } from './virtual-clock.ts'
import type { VirtualClock } from './virtual-clock.ts'

function clockOf(maxEvents = 100): VirtualClock {
  return makeVirtualClock({ settle: settleMicrotasks, maxEvents })
}

test('[SI4] events come in order of time, then of asking, each after all promises of the one before', async () => {
  const clock = clockOf()
  const order: string[] = []
  clock.after(20, () => order.push('last'))
  clock.after(10, () => void later(3, () => order.push('promises of the first')))
  clock.after(10, () => order.push('second'))
  const cancel = clock.after(15, () => order.push('never'))
  cancel()
  const start = clock.now()
  await clock.advance(20)
  expect(order).toEqual(['promises of the first', 'second', 'last'])
  expect(clock.now()).toBe(start + 20)
})

async function later(turns: number, run: () => void): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve()
  run()
}

test('[SI4] a world that never comes to rest is stopped', async () => {
  const clock = clockOf(10)
  const again = (): void => void clock.after(1, again)
  again()
  await expect(clock.advance(100)).rejects.toThrow('more than 10 events')
})

test('[SI1] chance depends on its name alone, and a fork leaves its source as it was', () => {
  const draw = (name: string, forks: boolean): string => {
    const chance = makeChance(name)
    if (forks) chance.fork('other').bytes(100)
    return chance.bytes(16).join()
  }
  expect(draw('a', true)).toBe(draw('a', false))
  expect(draw('a', false)).not.toBe(draw('b', false))
})

const calm: Weather = { minDelayMs: 1, maxDelayMs: 50, duplicates: 0, drops: 0, swaps: 0 }

async function received(change: Partial<Weather>, act: (line: ReturnType<typeof makeLine>) => void): Promise<number[]> {
  const clock = clockOf(1000)
  const got: number[] = []
  const line = makeLine({ clock, chance: makeChance('line'), weather: { ...calm, ...change }, onFrame: () => undefined })
  line.right.onFrame((frame) => got.push(frame[1] ?? 0))
  line.right.onClose(() => got.push(-1))
  for (let count = 1; count <= 20; count++) line.left.send(Uint8Array.of(7, count))
  act(line)
  await clock.advance(10_000)
  return got
}

const all = Array.from({ length: 20 }, (_, index) => index + 1)

test('[SI5] a line keeps order and loses nothing but by closing', async () => {
  expect(await received({}, (line) => line.left.close('done'))).toEqual([...all, -1])
  expect(await received({}, (line) => line.lose())).toEqual([-1])
})

test('[SI5] weather repeats, an adversary drops and reorders', async () => {
  expect((await received({ duplicates: 0.5 }, () => undefined)).length).toBeGreaterThan(20)
  expect((await received({ drops: 0.3 }, () => undefined)).length).toBeLessThan(20)
  const swapped = await received({ swaps: 0.3 }, () => undefined)
  expect(swapped).not.toEqual(all)
  expect(swapped.toSorted((a, b) => a - b)).toEqual(all)
})

test('[SI6] the closing line counts schedules, or names the seeds that found the planted bug', () => {
  const clean = { divergent: [], lost: [], unauthorised: [] }
  const outcome = (seed: number, findings: object) => ({
    seed,
    findings: { ...clean, ...findings },
    traitors: [],
    named: [],
    traceHash: '',
    messages: 0,
    events: 0,
  })
  const outcomes = [outcome(1, {}), outcome(2, { divergent: ['x', 'y'] }), outcome(3, { lost: ['x'], divergent: ['z'] })]
  expect(closingLine(outcomes, false)).toBe('3 schedules, 2 divergent, 1 acknowledged lost, 0 unauthorised accepted')
  expect(closingLine(outcomes, true)).toBe('3 schedules, 2 failing: seeds 2 3')
})
