/** Every numbered rule of every SPEC.md is shown by a test, and every rule that a test names exists. */
import { describe, expect, test } from 'vitest'
import { readSources, readText, unitFolders } from './architecture/sources.ts'
import { isTestFile, judgeSpecs, quotesOf, rulesOf } from './architecture/spec-rules.ts'

// This file holds planted titles, so it does not speak for any rule.
const self = 'packages/testkit/src/spec.test.ts'

test('rules and tests of the repository match', () => {
  const specs = unitFolders().map((folder) => ({ path: `${folder}/SPEC.md`, text: readText(`${folder}/SPEC.md`) ?? '' }))
  const tests = readSources().filter((file) => isTestFile(file.path) && file.path !== self)
  expect(specs.flatMap((spec) => rulesOf(spec.text)).length).toBeGreaterThan(0)
  expect(judgeSpecs(specs, tests)).toEqual([])
})

describe('planted', () => {
  const spec = { path: 'packages/x/SPEC.md', text: '# X\n\n- **XX1** one\n  goes on\n- **XX2** two\n\nsee **XX9**\n' }
  const both = { path: 'packages/x/src/x.test.ts', text: `test('[XX1][XX2] does both', () => {})` }

  test('a rule and its tests match', () => {
    expect(judgeSpecs([spec], [both])).toEqual([])
  })

  test('a rule without a test is named', () => {
    const tests = [{ path: 'packages/x/src/x.test.ts', text: `test('[XX1] does one', () => {}) // [XX2]` }]
    expect(judgeSpecs([spec], tests)).toEqual(['packages/x/SPEC.md: no test quotes XX2'])
  })

  test('a test that names an unknown rule is named', () => {
    const tests = [both, { path: 'packages/x/src/y.test.ts', text: `it('[XX3] dreams', () => {})` }]
    expect(judgeSpecs([spec], tests)).toEqual(['packages/x/src/y.test.ts: quotes XX3, which no SPEC.md has'])
  })

  test('a number given twice is named', () => {
    expect(judgeSpecs([spec, { path: 'packages/y/SPEC.md', text: '- **XX1** again' }], [both])).toEqual([
      'packages/y/SPEC.md: XX1 is in packages/x/SPEC.md already',
    ])
  })

  test.each([
    ['test.each([[1], [2]])("[AB1] %s", () => {})', ['AB1']],
    ["test.each(rows)('[AB1] %s', () => {})", ['AB1']],
    ['describe(`[AB12] x`, () => {})', ['AB12']],
    ["test(\n  '[AB1] [AB2] long',\n  () => {},\n)", ['AB1', 'AB2']],
    ["test('it\\'s [AB1]', () => {})", ['AB1']],
    ["test.each(['a', 'b'])('[AB1] refuses %s', () => {})", ['AB1']],
    ['test.each`a\n${1}`("[AB1]", () => {})', ['AB1']],
    ['test(`[AB1] ${name} [AB2]`, () => {})', ['AB1', 'AB2']],
    ['describe("x", () => { test("[AB1]", () => {}) })', ['AB1']],
    ["expect(text).toBe('[AB1]') // test('[AB2]')", []],
  ])('titles are read: %s', (text, rules) => {
    expect(quotesOf({ path: 'packages/x/src/x.test.ts', text })).toEqual(rules)
  })
})
