/** A token bucket: a burst, then so many per time. */
import type { Clock } from '@poruch/base'

export interface Bucket {
  /** Takes `count` tokens, or none when there are fewer. */
  take(count?: number): boolean
  has(count: number): boolean
}

/** One token comes back every `refillMs`, up to `size`. A clock that goes back gives nothing and takes nothing. */
export function makeBucket({ clock, size, refillMs }: { clock: Clock; size: number; refillMs: number }): Bucket {
  let tokens = size
  let at = clock.now()
  const refill = (): void => {
    const now = clock.now()
    tokens = Math.min(size, tokens + Math.max(0, now - at) / refillMs)
    at = now
  }
  const has = (count: number): boolean => {
    refill()
    return tokens >= count
  }
  return {
    has,
    take: (count = 1) => {
      if (!has(count)) return false
      tokens -= count
      return true
    },
  }
}
