/** The page of faults names nothing that is not there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../../..')
const page = readFileSync(join(root, 'docs/FAULTS.md'), 'utf8')

/** Of the design's table. */
const rows = [
  'partition, drop, duplicate, reorder',
  'relay kill -9',
  'power loss, torn write',
  'full disk',
  'a write that fails (EIO)',
  'flipped bytes',
  'clock ±10 years, frozen',
  'tab crash in mid-write',
  'quota exceeded',
  'eviction',
  'private mode',
  '2–5 tabs, frozen leader',
  'upgrade, downgrade',
  'huge and tiny floods',
  'slow reader',
  'relay lost',
  'old backup restored',
  'sleep, network switch',
  'removal during a partition',
  'compaction beside writers',
  'malicious member, malicious relay',
]

test('[FA3] each fault of the design has a row with a test or a command and a figure', () => {
  for (const row of rows) {
    const cells =
      page
        .split('\n')
        .find((line) => line.startsWith(`| ${row}`))
        ?.split('|')
        .slice(1, -1) ?? []
    expect([row, cells.length, cells.every((cell) => cell.trim() !== '')]).toEqual([row, 4, true])
    expect(cells[2]).toMatch(/`npm run |` › “/u)
  }
})

test('[FA3] each test that the page names is in its file, under a title that begins so', () => {
  const named = [...page.matchAll(/`([^`]+)` › “([^”]+)”/gu)]
  expect(named.length).toBeGreaterThan(rows.length)
  const absent = named.filter(([, file = '', title = '']) => !readFileSync(join(root, file), 'utf8').includes(title))
  expect(absent.map(([text]) => text)).toEqual([])
})

test('[FA3] each command that the page names is a script', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  const named = [...page.matchAll(/`npm run ([\w:-]+)/gu)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})
