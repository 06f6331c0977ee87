/** What one measured line is: ours, the peers and the limit from the same interleaved run, and the target that it is held to. */

/** Median and spread of one contestant, in the record's unit. */
export interface Figure {
  readonly name: string
  readonly median: number
  readonly low: number
  readonly high: number
  readonly unit: string
  /** How many trials; 1 where nothing varies. */
  readonly trials: number
}

/** A contestant that could not run here, and why. */
export interface Missing {
  readonly name: string
  readonly missing: string
}

/** A row of `design/quality.md` gives one record per target. */
export interface BenchRecord {
  readonly id: string
  readonly work: string
  readonly ours: Figure
  readonly peers: readonly (Figure | Missing)[]
  /** What no implementation could beat here; null where there is none. */
  readonly limit: Figure | null
  /** Ours over what the target names: median of the pairs; for an absolute target, ours over the target. */
  readonly ratio: number
  readonly target: string
  readonly met: boolean
}

/** `least`: the ratio must be at least that; `most`: at most. */
export type Target = { readonly text: string } & ({ readonly least: number } | { readonly most: number })

export function isMet(ratio: number, target: Target): boolean {
  return 'least' in target ? ratio >= target.least : ratio <= target.most
}
