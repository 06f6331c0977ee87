/** What an entry pulls in. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** Every module that the entry imports, directly or not, at once or later: our files by name, packages as written. */
function importsOf(entry: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(entry)) return seen
  seen.add(entry)
  if (!entry.startsWith('./')) return seen
  const text = readFileSync(new URL(entry, import.meta.url), 'utf8')
  for (const [, name = ''] of text.matchAll(/^(?:import|export) (?!type )[^']*from '([^']+)'/gmu)) importsOf(name, seen)
  for (const [, name = ''] of text.matchAll(/\bimport\('([^']+)'\)/gu)) importsOf(name, seen)
  return seen
}

describe('entries', () => {
  test.each(['./verify.ts', './sign.ts'])('[CR20] %s brings neither HPKE nor the word list', (entry) => {
    const packages = [...importsOf(entry)].filter((name) => !name.startsWith('./'))
    expect(packages).toStrictEqual(['@poruch/base'])
  })

  test('[CR20] ./verify cannot sign', () => {
    expect(importsOf('./verify.ts').has('./sign-suite.ts')).toBe(false)
  })

  test('[CR20] the whole package has both, so the check above sees', () => {
    expect([...importsOf('./index.ts')]).toStrictEqual(expect.arrayContaining(['@hpke/core', '@scure/bip39']))
  })
})
