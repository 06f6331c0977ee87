/** Puts in one mutant after another, on several trees at once, and sees which of them the tests notice. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttackRow } from '../architecture/attack-inventory.ts'
import type { SourceFile } from '../architecture/sources.ts'
import { pathOf, withMutant } from './mutant.ts'
import type { Mutant } from './mutant.ts'
import { makeNearest } from './nearest.ts'
import { isOfRow, planOf } from './plan.ts'
import type { Plan } from './plan.ts'
import { openSuite } from './suite.ts'
import type { ChosenTests, Suite } from './suite.ts'
import { makeTree } from './tree.ts'

export interface Fate {
  readonly mutant: Mutant
  /** The test that noticed, `no end` where the tests ran on and on; null where it survived. */
  readonly killedBy: string | null
  /** Attacks that name this mutant, and whose test did not fail. */
  readonly unnoticed: readonly AttackRow[]
  readonly ms: number
}

export interface RunOptions {
  /** The folder that holds `packages` and `node_modules`. */
  readonly repository: string
  /** Its sources, by which tests are found. */
  readonly sources: readonly SourceFile[]
  readonly mutants: readonly Mutant[]
  /** Attacks, each with its test and the mutant that takes its defence away. */
  readonly rows: readonly AttackRow[]
  readonly workers: number
  /** Ends the run: its processes and trees are gone when it has rejected. */
  readonly signal: AbortSignal
  note(line: string): void
}

/** A clean run takes a small part of this; what goes on so long goes on for ever. */
const minLimitMs = 60_000
const limitFactor = 6
/** A clean run of one file: longer than any of them on a loaded machine. */
const cleanLimitMs = 300_000

/** A tree that is broken, and the tests that run over it. */
interface Bench {
  readonly root: string
  readonly suite: Suite
  /** The file that was broken last: the next run has to read it again. */
  broken: readonly string[]
}

/** In the order in which they ended. @throws Error when a test is red without a mutant, or a mutant's text is not there once; the signal's reason */
export async function runMutants(options: RunOptions): Promise<readonly Fate[]> {
  const { mutants, rows, sources, note } = options
  const nearest = makeNearest(sources)
  const plans = mutants.map((mutant) => planOf(mutant, rows, nearest))
  const cleanMs = new Map<string, number>()
  const fates: Fate[] = []
  const limitOf = (tests: readonly ChosenTests[]): number =>
    Math.max(minLimitMs, limitFactor * tests.reduce((sum, { path }) => sum + (cleanMs.get(path) ?? 0), 0))
  const paths = [...new Set(plans.flatMap(({ tests }) => tests.map(({ path }) => path)))]
  await onBenches(options, paths, async ({ suite }, path) => {
    const { end, ms, failed } = await suite.run({ tests: [{ path }], changed: [], bail: true }, cleanLimitMs)
    if (end !== 'green') throw new Error(`${path} is ${end} without a mutant: ${failed[0] ?? ''}`)
    cleanMs.set(path, ms)
  })
  note(`${paths.length} files of tests are green without a mutant, in ${seconds([...cleanMs.values()].reduce((sum, ms) => sum + ms, 0))}`)
  await onBenches(options, plans, async (bench, plan) => {
    const fate = await tryOne(bench, plan, limitOf(plan.tests))
    fates.push(fate)
    note(`${fates.length}/${plans.length} ${plan.mutant.id}: ${fate.killedBy ?? 'SURVIVED'} (${seconds(fate.ms)})`)
  })
  return fates
}

async function tryOne(bench: Bench, { mutant, tests, rows }: Plan, limitMs: number): Promise<Fate> {
  const path = join(bench.root, pathOf(mutant))
  const text = await readFile(path, 'utf8')
  await writeFile(path, withMutant(text, mutant))
  try {
    const changed = [...bench.broken, pathOf(mutant)]
    bench.broken = [pathOf(mutant)]
    const { end, ms, failed } = await bench.suite.run({ tests, changed, bail: rows.length === 0 }, limitMs)
    const unnoticed = end === 'hung' ? [] : rows.filter((row) => !failed.some((each) => isOfRow(each, row)))
    const isKilled = end !== 'green' && unnoticed.length === 0
    return { mutant, ms, unnoticed, killedBy: isKilled ? (failed[0] ?? 'no end') : null }
  } finally {
    await writeFile(path, text)
  }
}

/** Each worker has a tree of its own and takes the next item until none is left. */
async function onBenches<Item>(
  { repository, workers, signal }: RunOptions,
  items: readonly Item[],
  use: (bench: Bench, item: Item) => Promise<void>,
): Promise<void> {
  const rest = [...items]
  const work = async (): Promise<void> => {
    const tree = await makeTree(repository)
    const suite = openSuite(tree.root, signal)
    const bench: Bench = { root: tree.root, suite, broken: [] }
    try {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await use(bench, item)
    } finally {
      suite.close()
      await tree.remove()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, items.length) }, work))
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
