/** Runs tasks one after another. */

export interface Serial {
  /** Runs after all earlier tasks have settled; its own failure is the caller's alone. */
  run<T>(task: () => Promise<T>): Promise<T>
}

export function makeSerial(): Serial {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run: async (task) => {
      const next = last.then(task, task)
      last = next.catch(() => {})
      return next
    },
  }
}
