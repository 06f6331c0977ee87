/** Reads the table of attacks in docs/THREAT-MODEL.md, and says which of its tests are not in the sources. */
import type { SourceFile } from './sources.ts'
import { titlesOf } from './spec-rules.ts'

export interface AttackRow {
  /** Where the design names it: a number, or a page. */
  readonly from: string
  readonly attack: string
  readonly file: string
  /** As in the source, quotes and rules included. */
  readonly title: string
  /** What takes the defence away, in `src/mutate/mutants`: then the test fails. */
  readonly mutant: string
}

const heading = '## Attacks and their tests'

/** The rows below the heading, up to the next one: `| from | attack | file | title | mutant |`. */
export function attackRows(page: string): readonly AttackRow[] {
  const [, after = ''] = page.split(`${heading}\n`)
  const [table = ''] = after.split('\n## ')
  return table
    .split('\n')
    .filter((line) => /^\|(?! *-| *from )/u.test(line))
    .map((line) => {
      const [from = '', attack = '', file = '', title = '', mutant = ''] = line.slice(1, -1).split(' | ').map(plain)
      return { from, attack, file, title, mutant }
    })
}

export interface InventoryParts {
  readonly rows: readonly AttackRow[]
  readonly sources: readonly SourceFile[]
  /** Numbers and headings that a row must be about. */
  readonly expected: readonly string[]
  /** The names of all mutants that a test can notice. */
  readonly mutants: ReadonlySet<string>
}

/** One line for each row whose file, title or mutant is not there, and for each of `expected` that no row is about. */
export function judgeInventory({ rows, sources, expected, mutants }: InventoryParts): readonly string[] {
  const named = new Set(rows.map(({ file }) => file))
  // Each file is read once, however many attacks it shows.
  const titles = new Map(sources.filter(({ path }) => named.has(path)).map((file) => [file.path, titlesOf(file).map(plain)] as const))
  const lost = rows.flatMap(({ attack, file, title, mutant }) => {
    const known = titles.get(file)
    if (!known) return [`${attack}: there is no ${file}`]
    if (!known.includes(title)) return [`${attack}: ${file} has no test "${title}"`]
    return mutants.has(mutant) ? [] : [`${attack}: no mutant "${mutant}" takes its defence away`]
  })
  const shown = new Set(rows.map(({ from }) => from))
  return [...lost, ...expected.filter((from) => !shown.has(from)).map((from) => `no test is named for ${from}`)]
}

/** A cell of a table has no marks of code. */
function plain(text: string): string {
  return text.replaceAll('`', '').trim()
}

/** The attacks of the malicious relay, as the page lists them. */
export function hostileNames(page: string): readonly string[] {
  const [, after = ''] = page.split('## A malicious relay, attack by attack\n')
  const [list = ''] = after.split('\n## ')
  return [...list.matchAll(/^- (.+)$/gmu)].map((match) => match[1] ?? '')
}
