/** When the relay is killed: drawn from the seed, with the worst moments drawn more often. */
import { makeChance } from '../sim/chance.ts'

export interface Kill {
  /**
   * `running`: so long after its first acknowledgement; `append` and `propose`: then at the next such frame that a device sends, and a
   * moment; `starting`: so long after the process was started, ready or not.
   */
  readonly at: 'running' | 'append' | 'propose' | 'starting'
  readonly afterMs: number
  /** Between the frame and the signal: the relay is judging, writing, flushing or answering. */
  readonly momentMs: number
}

const minRunMs = 0
const maxRunMs = 400
/** From the first line of code to well after being ready on a quick machine. */
const minStartMs = 20
const maxStartMs = 900
/** A write takes a few milliseconds from the frame to the answer. */
const maxMomentMs = 12
/** Of kills, those that come while the relay starts over what an earlier kill left. */
const duringStart = 0.1

/** The same seed gives the same kills; what they hit is up to the processes. */
export function planKills(kills: number, seed: number): readonly Kill[] {
  const chance = makeChance(`kill9/${seed}`)
  return Array.from({ length: kills }, (): Kill => {
    if (chance.flip(duringStart)) return { at: 'starting', afterMs: chance.between(minStartMs, maxStartMs), momentMs: 0 }
    const at = chance.pick(['running', 'append', 'append', 'append', 'propose'] as const)
    return { at, afterMs: chance.between(minRunMs, maxRunMs), momentMs: chance.between(0, maxMomentMs) }
  })
}
