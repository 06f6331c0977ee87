/** How long to wait before trying again: doubling, bounded, and spread by chance so that many do not come at once. */
import type { Random } from '@poruch/base'

export interface BackOff {
  /** Milliseconds before the next try; the bound doubles with each call. */
  next(): number
  /** Starts over after a success. */
  reset(): void
}

const chanceBytes = 4

/** Each delay lies between half its bound and its bound. */
export function makeBackOff(options: { readonly firstMs: number; readonly maxMs: number; readonly random: Random }): BackOff {
  let boundMs = options.firstMs
  return {
    next: () => {
      const delayMs = Math.round(boundMs / 2 + (boundMs / 2) * fraction(options.random))
      boundMs = Math.min(options.maxMs, 2 * boundMs)
      return delayMs
    },
    reset: () => {
      boundMs = options.firstMs
    },
  }
}

/** A number from 0 up to, not including, 1. */
function fraction(random: Random): number {
  return random.bytes(chanceBytes).reduce((sum, byte) => sum * 256 + byte, 0) / 256 ** chanceBytes
}
