import { expect, test } from 'vitest'
import { readSettings } from './main.ts'
import { withResults } from './page.ts'
import { figure } from './pairs.ts'
import type { BenchRecord } from './record.ts'
import { machineLine, markdownTable } from './table.ts'

function recordWith(ratio: number, target: string, met: boolean): BenchRecord {
  const ours = figure('ours', 'ms', [1234.5, 1000, 2000])
  return { id: 'B0', work: 'some work', ours, peers: [{ name: 'peer', missing: 'not here' }], limit: null, ratio, target, met }
}

test('[BE4] a record is a line with median, spread, what is missing, and its verdict', () => {
  expect(
    markdownTable([recordWith(0.75, '≥0.7x a peer', true)])
      .split('\n')
      .at(-1),
  ).toBe('| B0 | some work | 1,235 (1,000–2,000) ms | peer: not here | – | 0.75 | ≥0.7x a peer | met |')
})

test.each([
  [0.35, '≥0.7x a peer', 'short by 50 %'],
  [2.2, '≤1.1x a peer', 'short by 100 %'],
  [1.5, '≤5 ms', 'short by 50 %'],
])('[BE4] %d against %s is %s', (ratio, target, verdict) => {
  expect(markdownTable([recordWith(ratio, target, false)])).toContain(`| ${verdict} |`)
})

test('[BE4] the machine is named', () => {
  expect(machineLine()).toContain(`Node ${process.versions.node}`)
})

test('[BE5] results replace what stood between the marks, and nothing else', () => {
  const page = '# Page\n<!-- results: written by `npm run bench -- --page` -->\nold\n<!-- end of results -->\nrest\n'
  const once = withResults(page, 'new')
  expect(once).toBe('# Page\n<!-- results: written by `npm run bench -- --page` -->\n\nnew\n\n<!-- end of results -->\nrest\n')
  expect(withResults(once, 'new')).toBe(once)
  expect(() => withResults('no marks', 'new')).toThrow('the page has no')
})

test('[BE2] the rows named are chosen, in the order of the list; a wrong name is not guessed at', () => {
  expect(readSettings(['B1', 'B4'])?.chosen.map(({ id }) => id)).toEqual(['B4', 'B1'])
  expect(readSettings(['--json', 'out.json', 'B4'])).toMatchObject({ json: 'out.json', scale: 'full' })
  expect(readSettings(['B999'])).toBeNull()
  expect(readSettings(['--unknown'])).toBeNull()
})
