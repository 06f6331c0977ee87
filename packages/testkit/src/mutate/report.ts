/** What a run of the mutants says at its end. */
import type { Fate } from './run.ts'

/** Of all mutants, how many must be killed. */
const wantedShare = 0.85

export function closingLine(fates: readonly Fate[]): string {
  const killed = fates.filter(({ killedBy }) => killedBy !== null).length
  return `${fates.length} mutants, ${killed} killed, ${fates.length - killed} survived`
}

/** The survivors, and what is wrong with the whole; empty where all were killed. */
export function survivorLines(fates: readonly Fate[]): readonly string[] {
  const survivors = fates.filter(({ killedBy }) => killedBy === null).map(({ mutant }) => mutant)
  return survivors.map(({ id, file, why, survives }) => `${id} | ${file} | ${why} | ${survives ?? 'NOT EXPLAINED'}`)
}

/** Too many survivors, an attack whose test shows nothing, a survivor that nobody has explained, or an explanation of one that was killed. */
export function faultsOf(fates: readonly Fate[]): readonly string[] {
  const killed = fates.filter(({ killedBy }) => killedBy !== null)
  const unnoticed = fates.flatMap(({ mutant, unnoticed: rows }) => rows.map(({ title }) => `${mutant.id}: "${title}" does not fail`))
  const unexplained = fates.filter(({ mutant, killedBy }) => killedBy === null && mutant.survives === undefined)
  const stale = killed.filter(({ mutant }) => mutant.survives !== undefined)
  return [
    ...(killed.length < wantedShare * fates.length ? [`under ${100 * wantedShare} % were killed`] : []),
    ...unnoticed,
    ...unexplained.map(({ mutant }) => `${mutant.id} survived and nobody says why`),
    ...stale.map(({ mutant, killedBy }) => `${mutant.id} is said to survive, and was killed by ${killedBy}`),
  ]
}
