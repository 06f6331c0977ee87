/** Runs contestants in turns, so that what the machine does meanwhile meets all of them. */
import type { Figure } from './record.ts'

/** One trial: answers what it measured, in the unit of its row. */
export type Trial = () => Promise<number>

export type Samples<Name extends string> = Readonly<Record<Name, readonly number[]>>

/** Each round runs every contestant once; who begins moves on with each round. */
export async function inTurns<Name extends string>(rounds: number, trials: Readonly<Record<Name, Trial>>): Promise<Samples<Name>> {
  const names = Object.keys(trials) as Name[]
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] as Name
      collectGarbage()
      samples[name].push(await trials[name]())
    }
  }
  return samples
}

/** So that nobody pays for what another left behind; where Node was not started for it, nothing happens. */
function collectGarbage(): void {
  ;(globalThis as { gc?: () => void }).gc?.()
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** The smallest value that at least this share of all values does not exceed; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

export function figure(name: string, unit: string, values: readonly number[]): Figure {
  return { name, median: median(values), low: Math.min(...values), high: Math.max(...values), unit, trials: values.length }
}

/** The median of what the pairs of each round give. */
export function pairedRatio(ours: readonly number[], other: readonly number[]): number {
  return median(ours.map((value, round) => value / (other[round] ?? Number.NaN)))
}

/** Milliseconds that the work takes. */
export async function elapsedMs(work: () => unknown): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}
