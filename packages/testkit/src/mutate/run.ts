/** Puts in one mutant after another, on several trees at once, and sees which of them the tests notice. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageOf, withMutant } from './mutant.ts'
import type { Mutant } from './mutant.ts'
import { runSuite } from './suite.ts'
import type { SuiteOptions } from './suite.ts'
import { makeTree } from './tree.ts'
import type { Tree } from './tree.ts'

export interface Fate {
  readonly mutant: Mutant
  /** The test that noticed, `no end` where its suite ran on and on; null where it survived. */
  readonly killedBy: string | null
  readonly ms: number
}

export interface RunOptions {
  /** The folder that holds `packages` and `node_modules`. */
  readonly repository: string
  readonly mutants: readonly Mutant[]
  readonly workers: number
  /** Ends the run: its processes and trees are gone when it has rejected. */
  readonly signal: AbortSignal
  note(line: string): void
}

/** A clean suite takes a small part of this; what goes on so long goes on for ever. */
const minLimitMs = 60_000
const limitFactor = 6
/** A clean run: longer than any of them on a loaded machine. */
const cleanLimitMs = 300_000

/** In the order in which they ended. @throws Error when a suite is red without a mutant, or a mutant's text is not there once; the signal's reason */
export async function runMutants({ repository, mutants, workers, signal, note }: RunOptions): Promise<readonly Fate[]> {
  const names = [...new Set(mutants.map(packageOf))]
  const limits = new Map<string, number>()
  await onTrees(repository, workers, names, async (tree, name) => {
    const clean = await runSuite(tree.root, { name, limitMs: cleanLimitMs, signal })
    if (clean.end !== 'green') throw new Error(`${name} is ${clean.end} without a mutant: ${clean.first}`)
    note(`${name} is green without a mutant, in ${seconds(clean.ms)}`)
    limits.set(name, Math.max(minLimitMs, limitFactor * clean.ms))
  })
  const fates: Fate[] = []
  await onTrees(repository, workers, mutants, async (tree, mutant) => {
    const limitMs = limits.get(packageOf(mutant)) ?? minLimitMs
    const fate = await tryOne(tree.root, mutant, { limitMs, signal })
    fates.push(fate)
    note(`${fates.length}/${mutants.length} ${mutant.id}: ${fate.killedBy ?? 'SURVIVED'} (${seconds(fate.ms)})`)
  })
  return fates
}

async function tryOne(root: string, mutant: Mutant, options: Pick<SuiteOptions, 'limitMs' | 'signal'>): Promise<Fate> {
  const path = join(root, 'packages', mutant.file)
  const text = await readFile(path, 'utf8')
  await writeFile(path, withMutant(text, mutant))
  try {
    const { end, ms, first } = await runSuite(root, { name: packageOf(mutant), ...options })
    return { mutant, ms, killedBy: end === 'green' ? null : end === 'hung' ? 'no end' : first }
  } finally {
    await writeFile(path, text)
  }
}

/** Each worker has a tree of its own and takes the next item until none is left. */
async function onTrees<Item>(repository: string, workers: number, items: readonly Item[], use: (tree: Tree, item: Item) => Promise<void>) {
  const rest = [...items]
  const work = async (): Promise<void> => {
    const tree = await makeTree(repository)
    try {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await use(tree, item)
    } finally {
      await tree.remove()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, items.length) }, work))
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
