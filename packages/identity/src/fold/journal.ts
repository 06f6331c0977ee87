/** Remembers entry by entry what each replaced, so that a draft can stand at any earlier position. */
import { tablesOf } from './state.ts'
import type { State } from './state.ts'

type Step = readonly (() => void)[]

/** As long as the log that was folded here, and smaller: the values taken back are those that the entries replaced. */
export interface Journal {
  /** Ends an entry in the draft. */
  seal(): void
  /** Takes the newest entry back, in the draft. False where the log that was folded here begins. */
  back(): boolean
  /** Makes the draft real; the returned function puts back what was there before. */
  commit(): () => void
  discard(): void
}

export function makeJournal(state: State): Journal {
  const steps: Step[] = []
  /** Of `steps`, how many the draft still stands on, and those that it has put on top. */
  let standing = 0
  let fresh: Step[] = []
  return {
    seal: () => {
      fresh.push(
        tablesOf(state)
          .map((table) => table.mark())
          .filter((undo) => undo !== null),
      )
    },
    back: () => {
      const step = fresh.pop() ?? (standing > 0 ? steps[--standing] : undefined)
      for (const undo of step ?? []) undo()
      return step !== undefined
    },
    commit: () => {
      const base = standing
      const dropped = steps.splice(base)
      for (const step of fresh) steps.push(step)
      standing = steps.length
      fresh = []
      return () => {
        steps.length = base
        for (const step of dropped) steps.push(step)
        standing = steps.length
      }
    },
    discard: () => {
      standing = steps.length
      fresh = []
    },
  }
}
