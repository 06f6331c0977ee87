/** A clock that moves only when it is told to. */
import type { Clock } from '@poruch/base'

export interface ManualClock extends Clock {
  /** Moves on and runs what comes due, in order of time. */
  advance(ms: number): void
  /** How many timers are set. */
  timers(): number
}

export function makeManualClock(startMs = 1_700_000_000_000): ManualClock {
  let nowMs = startMs
  let lastId = 0
  const timers = new Map<number, { readonly atMs: number; readonly run: () => void }>()
  const nextDue = (untilMs: number): number | null => {
    const due = [...timers].filter(([, timer]) => timer.atMs <= untilMs).toSorted(([a, x], [b, y]) => x.atMs - y.atMs || a - b)
    return due[0]?.[0] ?? null
  }
  return {
    now: () => nowMs,
    timers: () => timers.size,
    after: (delayMs, run) => {
      const id = ++lastId
      timers.set(id, { atMs: nowMs + delayMs, run })
      return () => timers.delete(id)
    },
    advance: (ms) => {
      const untilMs = nowMs + ms
      for (let id = nextDue(untilMs); id !== null; id = nextDue(untilMs)) {
        const timer = timers.get(id)
        timers.delete(id)
        nowMs = Math.max(nowMs, timer?.atMs ?? nowMs)
        timer?.run()
      }
      nowMs = untilMs
    },
  }
}
