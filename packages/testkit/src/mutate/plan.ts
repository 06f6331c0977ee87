/** Which tests are to notice a mutant: those that the page of attacks names for it, else all that come near it. */
import type { AttackRow } from '../architecture/attack-inventory.ts'
import { folderOf, pathOf } from './mutant.ts'
import type { Mutant } from './mutant.ts'
import type { Nearest } from './nearest.ts'
import type { ChosenTests } from './suite.ts'

export interface Plan {
  readonly mutant: Mutant
  readonly tests: readonly ChosenTests[]
  /** Attacks whose test must fail, each of them; empty where one failing test is enough. */
  readonly rows: readonly AttackRow[]
}

/** @throws Error where no test comes near a mutant */
export function planOf(mutant: Mutant, rows: readonly AttackRow[], nearest: Nearest): Plan {
  const own = rows.filter((row) => row.mutant === mutant.id)
  if (own.length > 0) return { mutant, rows: own, tests: testsOfRows(own) }
  const folder = folderOf(mutant)
  const paths = mutant.noticedIn?.map((name) => `${folder}/${name}`) ?? nearest.testsOf(pathOf(mutant), folder)
  const tests = paths.map((path) => ({ path }))
  if (tests.length === 0) throw new Error(`${mutant.id}: no test comes near ${pathOf(mutant)}`)
  return { mutant, rows: [], tests }
}

function testsOfRows(rows: readonly AttackRow[]): readonly ChosenTests[] {
  const files = [...new Set(rows.map(({ file }) => file))]
  return files.map((path) => {
    const patterns = rows.filter(({ file }) => file === path).map(({ title }) => `(?:${patternOf(title)})`)
    return { path, pattern: patterns.join('|') }
  })
}

/** Whether this is the failure of the row's test: `file > describe > title`. */
export function isOfRow(failed: string, { file, title }: AttackRow): boolean {
  return failed.startsWith(`${file} > `) && new RegExp(patternOf(title), 'u').test(failed.replaceAll('`', ''))
}

/** A title as the page has it, without marks of code; what a table of cases fills in is left open. */
function patternOf(title: string): string {
  const escaped = Array.from(title, (letter) => letter.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&'))
  return `${escaped.join('`?').replaceAll(/%`\?[a-z]/gu, '.*')}\`?$`
}
