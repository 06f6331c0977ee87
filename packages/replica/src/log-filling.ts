/** A log that begins at a Checkpoint is read from the genesis on, in the background: only then is what was believed known. */
import type { Alarms } from './alarms.ts'
import type { ReplicaPorts } from './ports.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface LogFilling {
  /** The relay has sent all that it was asked for. */
  answered(): void
}

export interface LogFillingOptions {
  readonly ports: ReplicaPorts
  readonly log: WorkspaceLog
  readonly alarms: Alarms
  /** Asks the relay for the log from a position on. */
  ask(nextPos: number): void
}

/** First the conversations are to open. */
const firstFillMs = 2_000
/** The longest wait before a relay that did not send the beginning is asked again. */
const maxFillMs = 5 * 60_000
/** So often a relay is asked in vain before it is said that it keeps the beginning back. */
const maxFillAsks = 3

export function makeLogFilling({ ports, log, alarms, ask }: LogFillingOptions): LogFilling {
  const withheld = { code: 'withheld', scope: log.scope } as const
  let isWaiting = false
  let asks = 0
  let reached = 0
  return {
    answered: () => {
      const missing = log.missingFrom()
      if (missing === null) {
        if (asks > 0) alarms.end(withheld)
        asks = 0
        return
      }
      if (isWaiting) return
      if (missing > reached) asks = 0
      reached = missing
      if (asks >= maxFillAsks) alarms.raise(withheld)
      isWaiting = true
      ports.clock.after(Math.min(firstFillMs * 2 ** asks, maxFillMs), () => {
        isWaiting = false
        const next = log.missingFrom()
        if (next === null) return
        asks += 1
        ask(next)
      })
    },
  }
}
