/** The machine's clock, over the platform's timers driven by hand. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from './index.ts'

const dayMs = 86_400_000

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

test('[BA19] tells milliseconds and calls once after the delay', () => {
  const at: number[] = []
  systemClock.after(50, () => at.push(systemClock.now()))
  vi.advanceTimersByTime(49)
  expect(at).toEqual([])
  vi.advanceTimersByTime(1_000)
  expect(at).toEqual([1_050])
})

test('[BA19] a cancelled call never comes; cancelling late or twice is harmless', () => {
  const calls: string[] = []
  const cancel = systemClock.after(50, () => calls.push('cancelled'))
  const late = systemClock.after(50, () => calls.push('kept'))
  cancel()
  cancel()
  vi.advanceTimersByTime(100)
  late()
  expect(calls).toEqual(['kept'])
})

test('[BA20] waits longer than a platform timer can, and can be cancelled in any stretch of it', () => {
  const calls: number[] = []
  systemClock.after(90 * dayMs, () => calls.push(systemClock.now()))
  const cancel = systemClock.after(90 * dayMs, () => calls.push(-1))
  vi.advanceTimersByTime(60 * dayMs)
  cancel()
  expect(calls).toEqual([])
  vi.advanceTimersByTime(60 * dayMs)
  expect(calls).toEqual([1_000 + 90 * dayMs])
})
