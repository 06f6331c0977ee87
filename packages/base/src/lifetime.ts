/** Collects what must be closed together. */

export interface Lifetime {
  /** Runs `close` when this lifetime ends, in reverse order; at once if it already has. */
  add(close: () => void): void
  readonly ended: boolean
  /** Closes everything; a second call does nothing. One that throws does not keep the rest open. */
  end(): void
}

export function makeLifetime(): Lifetime {
  const closers: (() => void)[] = []
  let ended = false
  return {
    add: (close) => {
      if (ended) close()
      else closers.push(close)
    },
    get ended() {
      return ended
    },
    end: () => {
      ended = true
      const errors: unknown[] = []
      for (let close = closers.pop(); close; close = closers.pop()) {
        try {
          close()
        } catch (thrown) {
          errors.push(thrown)
        }
      }
      if (errors.length > 0) throw new AggregateError(errors, 'closing failed')
    },
  }
}
