/** The runner itself, over a package of two lines. */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { AttackRow } from '../architecture/attack-inventory.ts'
import type { Mutant } from './mutant.ts'
import { withMutant } from './mutant.ts'
import { makeNearest } from './nearest.ts'
import { closingLine, faultsOf, survivorLines } from './report.ts'
import { runMutants } from './run.ts'
import type { Fate } from './run.ts'
import { openSuite } from './suite.ts'
import { makeTree } from './tree.ts'

const source = 'export function isAllowed(age: number): boolean {\n  return age >= 18\n}\n'
const suite = `import { expect, test } from 'vitest'
import { isAllowed } from './gate.ts'
test('the young stay out', () => expect(isAllowed(3)).toBe(false))
test('the \`old\` are let in', () => expect(isAllowed(30)).toBe(true))
`
const sources = [
  { path: 'packages/tiny/src/gate.ts', text: source },
  { path: 'packages/tiny/src/gate.test.ts', text: suite },
]
const mutant = (id: string, replace: string): Mutant => ({ id, file: 'tiny/src/gate.ts', find: 'return age >= 18', replace, why: 'a test' })
/** Above what a child of Vitest takes on a loaded machine. */
const timeoutMs = 120_000

let repository = ''
beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), 'poruch-tiny-'))
  await mkdir(join(repository, 'tmp'))
  vi.stubEnv('TMPDIR', join(repository, 'tmp'))
  await mkdir(join(repository, 'packages/tiny/src'), { recursive: true })
  await symlink(join(import.meta.dirname, '../../../../node_modules'), join(repository, 'node_modules'))
  await writeFile(join(repository, 'packages/tiny/src/gate.ts'), source)
  await writeFile(join(repository, 'packages/tiny/src/gate.test.ts'), suite)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(repository, { recursive: true, force: true })
})

const row = (title: string): AttackRow => ({ from: 'Q1', attack: 'a child', file: 'packages/tiny/src/gate.test.ts', title, mutant: 'open' })
const run = async (mutants: readonly Mutant[], rows: readonly AttackRow[] = [], signal = new AbortController().signal) =>
  runMutants({ repository, sources, mutants, rows, workers: 1, signal, note: () => {} })

test('[MU2][MU3] green without a mutant; what no test notices survives, what one notices is killed', { timeout: timeoutMs }, async () => {
  const fates = await run([mutant('same', 'return 18 <= age'), mutant('open', 'return true'), mutant('edge', 'return age > 18')])
  expect(fates.map(({ mutant: { id }, killedBy }) => [id, killedBy?.includes('the young stay out') ?? false])).toEqual([
    ['same', false],
    ['open', true],
    ['edge', false],
  ])
  expect(closingLine(fates)).toBe('3 mutants, 1 killed, 2 survived')
})

test('[MU2] a suite that is red without a mutant proves nothing, and is an error', { timeout: timeoutMs }, async () => {
  const path = join(repository, 'packages/tiny/src/gate.ts')
  await writeFile(path, source.replace('18', '2'))
  await expect(run([mutant('open', 'return true')])).rejects.toThrow('packages/tiny/src/gate.test.ts is red without a mutant')
  await writeFile(path, source)
})

test(
  '[MU3] a suite that goes on beyond its limit is stopped, counts as one that does not end, and the next one runs',
  { timeout: timeoutMs },
  async () => {
    const tree = await makeTree(repository)
    const each = openSuite(tree.root, new AbortController().signal)
    const question = { tests: [{ path: 'packages/tiny/src/gate.test.ts' }], changed: [], bail: true }
    expect(await each.run(question, 1.5)).toMatchObject({ end: 'hung' })
    expect(await each.run(question, timeoutMs)).toMatchObject({ end: 'green' })
    each.close()
    await tree.remove()
  },
)

test('[MU5] a mutant that attacks name is killed by the tests of those attacks, each of them', { timeout: timeoutMs }, async () => {
  const [noticed] = await run([mutant('open', 'return true')], [row('the young stay out')])
  expect([noticed?.killedBy, noticed?.unnoticed]).toEqual(['packages/tiny/src/gate.test.ts > the young stay out', []])
  const rows = [row('the young stay out'), row('the old are let in'), row('who is not there')]
  const fates = await run([mutant('open', 'return true')], rows)
  expect(fates.map(({ killedBy, unnoticed }) => [killedBy, unnoticed])).toEqual([[null, rows.slice(1)]])
  expect(faultsOf(fates)).toContain('open: "the old are let in" does not fail')
})

test('[MU2] the tests that come to a file by imports are run, the nearest first', () => {
  const file = (path: string, ...names: readonly string[]) => ({ path, text: names.map((name) => `import '${name}'`).join('\n') })
  const nearest = makeNearest([
    file('packages/a/src/core.ts'),
    file('packages/a/src/index.ts', './core.ts'),
    file('packages/a/src/far.test.ts', '@poruch/a'),
    file('packages/a/src/near.test.ts', './core.ts', 'vitest'),
    file('packages/a/src/other.test.ts', 'vitest'),
    file('packages/b/src/b.test.ts', '@poruch/a'),
  ])
  expect(nearest.testsOf('packages/a/src/core.ts', 'packages/a/src')).toEqual(['packages/a/src/near.test.ts', 'packages/a/src/far.test.ts'])
})

test('[MU2] a run that is stopped leaves neither processes nor trees behind', { timeout: timeoutMs }, async () => {
  const trees = async () => readdir(join(repository, 'tmp'))
  const stop = new AbortController()
  const running = run([mutant('open', 'return true')], [], stop.signal)
  await expect.poll(trees, { timeout: timeoutMs }).toHaveLength(1)
  stop.abort(new Error('enough'))
  await expect(running).rejects.toThrow('enough')
  expect(await trees()).toEqual([])
})

describe('what is said at the end', () => {
  const fate = (id: string, killedBy: string | null, survives?: string): Fate => ({
    mutant: { ...mutant(id, ''), ...(survives === undefined ? {} : { survives }) },
    killedBy,
    unnoticed: [],
    ms: 1,
  })
  const killed = Array.from({ length: 17 }, (_, index) => fate(`k${index}`, 'a test'))

  test('[MU4] a survivor that is explained is listed, and no fault', () => {
    const fates = [...killed, fate('s', null, 'two ways to say one thing')]
    expect(survivorLines(fates)).toEqual(['s | tiny/src/gate.ts | a test | two ways to say one thing'])
    expect(faultsOf(fates)).toEqual([])
  })

  test('[MU4] faults are: a survivor without an explanation, an explanation without a survivor, and more than 15 % of survivors', () => {
    expect(faultsOf([...killed, fate('s', null)])).toEqual(['s survived and nobody says why'])
    expect(faultsOf([...killed, fate('k', 'a test', 'because')])).toEqual(['k is said to survive, and was killed by a test'])
    const four = ['a', 'b', 'c', 'd'].map((id) => fate(id, null, 'because'))
    expect(faultsOf([...killed, ...four])).toEqual(['under 85 % were killed'])
    expect(faultsOf([...killed, ...four.slice(1)])).toEqual([])
  })
})

test('[MU1] a text that is not there, or twice, is an error', () => {
  expect(() => withMutant('age', mutant('gone', ''))).toThrow('gone: its text is 0 times in tiny/src/gate.ts')
  expect(() => withMutant('return age >= 18; return age >= 18', mutant('twice', ''))).toThrow('2 times')
})
