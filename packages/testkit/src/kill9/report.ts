/** What the loop has seen, in one line, and whether that is good enough. */

/** design/quality.md: a relay is ready again within this time. */
export const maxReadyMs = 2_000

export interface Outcome {
  readonly kills: number
  /** One line for each thing that was acknowledged and is not there as it was. */
  readonly lost: readonly string[]
  /** From the start of each process that was let become ready to the first session that it accepted. */
  readonly readyMs: readonly number[]
}

/** The smallest value that at least this share of all values does not exceed; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

export function closingLine({ kills, lost, readyMs }: Outcome): string {
  return `${kills} kills, ${lost.length} acknowledged lost, ready p99 ${Math.round(percentile(readyMs, 0.99))} ms`
}

export function isGood({ lost, readyMs }: Outcome): boolean {
  return lost.length === 0 && percentile(readyMs, 0.99) <= maxReadyMs
}
