/** One after the other: work that must not overlap. */

export interface Turns {
  /** Runs the work when all earlier work is done; its outcome is the promise's. */
  run<T>(work: () => Promise<T>): Promise<T>
}

export function makeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run: (work) => {
      const next = last.then(work)
      last = next.catch(() => undefined)
      return next
    },
  }
}
