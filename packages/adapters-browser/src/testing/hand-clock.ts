/** A clock that the test moves by hand. */
import type { Clock } from '@poruch/base'

export interface HandClock extends Clock {
  /** Runs what falls due within so many milliseconds, in order of time, and lets promises settle after each. */
  pass(durationMs: number): Promise<void>
}

interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

export function makeHandClock(): HandClock {
  let nowMs = 0
  const timers = new Set<Timer>()
  const nextUntil = (endMs: number): Timer | undefined =>
    [...timers].filter(({ dueMs }) => dueMs <= endMs).toSorted((a, b) => a.dueMs - b.dueMs)[0]
  return {
    now: () => nowMs,
    after: (delayMs, run) => {
      const timer = { dueMs: nowMs + delayMs, run }
      timers.add(timer)
      return () => {
        timers.delete(timer)
      }
    },
    pass: async (durationMs) => {
      const endMs = nowMs + durationMs
      await settlePromises()
      for (let timer = nextUntil(endMs); timer; timer = nextUntil(endMs)) {
        nowMs = timer.dueMs
        timers.delete(timer)
        timer.run()
        await settlePromises()
      }
      nowMs = endMs
    },
  }
}

const settlingTurns = 20 // longer than any chain of promises in what is tested

async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < settlingTurns; turn++) await Promise.resolve()
}
