/** Each attack that the design names has a test, and the page says where. */
import { expect, test } from 'vitest'
import { attackRows, hostileNames, judgeInventory } from './architecture/attack-inventory.ts'
import { readSources, readText } from './architecture/sources.ts'
import { attacks } from './hostile/attacks.ts'
import { mutants } from './mutate/mutants/index.ts'

const slowMs = 60_000 // many sources are parsed, on a busy machine
const page = readText('docs/THREAT-MODEL.md') ?? ''

/** `Qn`: of the numbered list in the design's page on quality; names: the headings of its page on security. */
const numbered = [...Array.from({ length: 15 }, (_, index) => index + 1), 24, 28, 30].map((number) => `Q${number}`)
const headings = ['Scopes', 'Removal', 'Epochs', 'Envelope', 'Compaction', 'Bad input']

test('[HO6] every attack of the design has a test that is there, and a mutant that takes its defence away', { timeout: slowMs }, () => {
  const rows = attackRows(page)
  expect(rows.length).toBeGreaterThan(100)
  const noticed = new Set(mutants.filter(({ survives }) => survives === undefined).map(({ id }) => id))
  expect(judgeInventory({ rows, sources: readSources(), expected: [...numbered, ...headings], mutants: noticed })).toEqual([])
})

test('[HO6] the limits that bad input meets have a name and a number', () => {
  const limits = readText('docs/LIMITS.md') ?? ''
  const named = attackRows(page)
    .filter(({ from }) => from === 'Bad input')
    .flatMap(({ attack }) => attack.match(/\b[a-z]+[A-Z]\w*/gu) ?? [])
  expect(named.length).toBeGreaterThan(8)
  expect(named.filter((name) => !limits.includes(`| \`${name}\` | `))).toEqual([])
})

test('[HO6] the page names what the malicious relay does', () => {
  expect(hostileNames(page)).toEqual(attacks.map(({ name }) => name))
})

test('[HO6] a test that is gone, an attack without one, and one without a mutant, are named', () => {
  const text = '# X\n\n## Attacks and their tests\n\n| from | attack | file | test |\n| --- | --- | --- | --- |\n'
  const rows = attackRows(
    `${text}| Q1 | one | \`a.test.ts\` | [XX1] is \`so\` | m |\n| Q2 | two | \`a.test.ts\` | [XX2] is not | m |\n| Q3 | three | \`b.test.ts\` | x | m |\n| Q4 | four | \`a.test.ts\` | [XX1] is \`so\` | n |\n\n## Y\n`,
  )
  const sources = [{ path: 'a.test.ts', text: "test('[XX1] is `so`', () => {})" }]
  expect(judgeInventory({ rows, sources, expected: ['Q1', 'Q5'], mutants: new Set(['m']) })).toEqual([
    'two: a.test.ts has no test "[XX2] is not"',
    'three: there is no b.test.ts',
    'four: no mutant "n" takes its defence away',
    'no test is named for Q5',
  ])
})
