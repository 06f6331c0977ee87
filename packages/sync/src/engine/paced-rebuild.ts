/** Rebuilds that anybody can cause by erasing: at once, then so far apart that they never take much of the device's time. */
import type { Clock } from '@poruch/base'
import { maxRebuildShare, rebuildGapMs } from '../limits.ts'

export interface PacedRebuildOptions {
  readonly clock: Clock
  /** Runs in the topic's turn. */
  rebuild(): Promise<void>
  /** Waits for the topic's turn. */
  turn(task: () => Promise<void>): Promise<void>
  /** False when it was done by other means meanwhile. */
  isDue(): boolean
  onFailed(thrown: unknown): void
}

/** To be called in the topic's turn: rebuilds now, or sees to it that it happens when it may. */
export function makePacedRebuild({ clock, rebuild, turn, isDue, onFailed }: PacedRebuildOptions): () => Promise<void> {
  let notBeforeMs = 0
  let isTimed = false
  const run = async (): Promise<void> => {
    const startedMs = clock.now()
    await rebuild()
    const endedMs = clock.now()
    notBeforeMs = endedMs + Math.max(rebuildGapMs, (endedMs - startedMs) / maxRebuildShare)
  }
  return async () => {
    const waitMs = notBeforeMs - clock.now()
    if (waitMs <= 0) return run()
    if (isTimed) return
    isTimed = true
    clock.after(waitMs, () => {
      isTimed = false
      turn(async () => (isDue() ? run() : undefined)).catch(onFailed)
    })
  }
}
