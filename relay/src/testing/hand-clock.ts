/** A clock that a test moves. */
import type { Clock } from '@poruch/base'

export interface HandClock extends Clock {
  /** Moves on, running what falls due on the way, in order. */
  advance(ms: number): void
}

export function makeHandClock(startMs: number): HandClock {
  let now = startMs
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  return {
    now: () => now,
    after: (delayMs, run) => {
      const timer = { at: now + delayMs, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance: (ms) => {
      const until = now + ms
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= until).toSorted((a, b) => a.at - b.at)[0]
        if (!due) break
        timers.delete(due)
        now = due.at
        due.run()
      }
      now = until
    },
  }
}
