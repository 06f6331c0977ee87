/** Token buckets: a burst, then so many per time. */
import type { Clock } from '@poruch/base'

export interface Bucket {
  /** Takes `count` tokens, or none when there are fewer. */
  take(count?: number): boolean
  has(count: number): boolean
  /** Takes the tokens in any case, on credit if need be; milliseconds until the credit is paid back. */
  spend(count: number): number
  /** Milliseconds until there is one token. */
  waitMs(): number
}

export interface BucketSize {
  /** The burst, in tokens. */
  readonly size: number
  /** One token comes back in so many milliseconds. */
  readonly refillMs: number
}

/** One token comes back every `refillMs`, up to `size`. A clock that goes back gives nothing and takes nothing. */
export function makeBucket({ clock, size, refillMs }: BucketSize & { readonly clock: Clock }): Bucket {
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
    spend: (count) => {
      refill()
      tokens -= count
      return Math.max(0, Math.ceil(-tokens * refillMs))
    },
    waitMs: () => {
      refill()
      return Math.max(0, Math.ceil((1 - tokens) * refillMs))
    },
  }
}

export interface Buckets {
  /** The bucket of a name, full when it is new. */
  of(name: string): Bucket
}

interface BucketsOptions extends BucketSize {
  readonly clock: Clock
  /** Names remembered; the one unused for longest is forgotten first, and begins again with a full bucket. */
  readonly maxNames: number
}

export function makeBuckets({ maxNames, ...bucket }: BucketsOptions): Buckets {
  const buckets = new Map<string, Bucket>()
  return {
    of: (name) => {
      const found = buckets.get(name) ?? makeBucket(bucket)
      buckets.delete(name)
      buckets.set(name, found)
      const oldest = buckets.size > maxNames ? buckets.keys().next().value : undefined
      if (oldest !== undefined) buckets.delete(oldest)
      return found
    },
  }
}
