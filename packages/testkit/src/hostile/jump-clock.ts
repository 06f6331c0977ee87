/** The machine's clock, which a test moves on: what shows after an hour need not be waited for. */
import { systemClock } from '@poruch/base'
import type { Clock } from '@poruch/base'

export interface JumpClock extends Clock {
  /** So much later: timers that come due by it run at once, in order. */
  jump(ms: number): void
}

interface Timer {
  readonly atMs: number
  readonly run: () => void
  cancel(): void
}

export function makeJumpClock(): JumpClock {
  let aheadMs = 0
  const now = (): number => systemClock.now() + aheadMs
  const timers = new Set<Timer>()
  const fire = (timer: Timer): void => {
    if (!timers.delete(timer)) return
    timer.cancel()
    timer.run()
  }
  return {
    now,
    after: (delayMs, run) => {
      const cancel = systemClock.after(Math.max(0, delayMs), () => {
        fire(timer)
      })
      const timer: Timer = { atMs: now() + delayMs, run, cancel }
      timers.add(timer)
      return () => {
        timers.delete(timer)
        cancel()
      }
    },
    jump: (ms) => {
      const untilMs = now() + ms
      const due = [...timers].filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs)
      aheadMs += ms
      for (const timer of due) fire(timer)
    },
  }
}
