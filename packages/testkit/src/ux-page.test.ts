/** docs/UX.md names rules that exist, and each line of the checklist that concerns the house. */
import { expect, test } from 'vitest'
import { readText } from './architecture/sources.ts'

/** Of the design's checklist. */
const lines = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 23, 29, 30, 33, 34, 69, 70, 71, 72, 78, 79, 80, 81, 82]

test('[NF2] each line of the page has a state, and each rule that it names is in a SPEC.md', () => {
  const page = readText('docs/UX.md') ?? ''
  const rows = [...page.matchAll(/^\| (\d+) +\|[^|]+\|([^|]+)\|$/gmu)]
  expect(rows.map(([, line]) => Number(line))).toEqual(lines)
  const rules = ['client', 'packages/ui', 'packages/replica'].map((unit) => readText(`${unit}/SPEC.md`) ?? '').join('\n')
  const cited = [...page.matchAll(/\[([A-Z]{2}\d+)\]/gu)].map(([, rule]) => rule ?? '')
  expect(cited.length).toBeGreaterThan(lines.length)
  expect(cited.filter((rule) => !rules.includes(`**${rule}**`))).toEqual([])
})
