/** Everything that is left to chance in a schedule, drawn from its seed. */
import { createHash } from 'node:crypto'
import type { Random } from '@poruch/base'

export interface Chance extends Random {
  /** A whole number from 0 on, below the bound. */
  below(bound: number): number
  /** A whole number between the two, both included. */
  between(low: number, high: number): number
  /** True with this probability. */
  flip(probability: number): boolean
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T
  /** A source of its own: drawing from it does not move this one. */
  fork(name: string): Chance
}

/** The same name gives the same draws. */
export function makeChance(name: string): Chance {
  const next = sfc32(name)
  const below = (bound: number): number => Math.floor((next() / 2 ** 32) * bound)
  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    flip: (probability) => next() / 2 ** 32 < probability,
    pick: (list) => {
      const picked = list[below(list.length)]
      if (picked === undefined) throw new RangeError('nothing to pick from')
      return picked
    },
    fork: (child) => makeChance(`${name}/${child}`),
    bytes: (length) => {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; at += 4) {
        const word = next()
        for (let index = 0; index < 4 && at + index < length; index++) bytes[at + index] = word >>> (8 * index)
      }
      return bytes
    },
  }
}

/** Chris Doty-Humphrey's small fast counter generator: 32 bits a call. */
function sfc32(name: string): () => number {
  const seed = createHash('sha256').update(name).digest()
  let [a, b, c, counter] = [seed.readInt32LE(0), seed.readInt32LE(4), seed.readInt32LE(8), 1]
  return () => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
}
