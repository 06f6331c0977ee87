/** Every mutant still fits the source that it breaks. */
import { parseSync } from 'vite'
import { expect, test } from 'vitest'
import { readText } from '../architecture/sources.ts'
import { pathOf, withMutant } from './mutant.ts'
import { mutants } from './mutants/index.ts'

test('[MU1] every mutant has its own name, a reason, and a text that its file has once', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(400)
  expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length)
  const wrong = mutants.filter((mutant) => (readText(pathOf(mutant)) ?? '').split(mutant.find).length !== 2).map(({ id }) => id)
  expect(wrong).toEqual([])
  expect(mutants.filter(({ find, replace, why, survives }) => find === replace || why === '' || survives === '')).toEqual([])
})

test('[MU1] every mutant is a program: what breaks is its meaning', () => {
  const broken = mutants.filter((mutant) => {
    const { program, errors } = parseSync(mutant.file, withMutant(readText(pathOf(mutant)) ?? '', mutant))
    return errors.length > 0 || program.body.length === 0
  })
  expect(broken.map(({ id }) => id)).toEqual([])
})
