/** docs/LIMITS.md says what the code says. */
import { expect, test } from 'vitest'
import { limitsOf, limitsPage } from './architecture/limits.ts'
import { readSources, readText } from './architecture/sources.ts'

const slowMs = 60_000 // every source is parsed, on a busy machine

test('the page of limits is up to date (else: npm run limits)', { timeout: slowMs }, () => {
  expect(readText('docs/LIMITS.md')).toBe(limitsPage(readSources()))
})

const read = (text: string) => limitsOf({ path: 'packages/x/src/x.ts', text })

test('a limit has the name, value and reason of its constant', () => {
  expect(read('/** Because. */\nexport const maxTries = 3\n')).toEqual([{ name: 'maxTries', value: 3, why: 'Because.' }])
  expect(read('const waitMs = 1_000 // because\n')).toEqual([{ name: 'waitMs', value: 1000, why: 'because' }])
  expect(read('/**\n * In\n * two lines.\n */\nconst maxBytes = 2 ** 10 * 4\n')).toEqual([
    { name: 'maxBytes', value: 4096, why: 'In two lines.' },
  ])
})

test('a limit may build on another, and one comment may cover a pair', () => {
  const text = '/** Both. */\nconst maxQueued = 2\nconst maxQueuedBytes = maxQueued + 1\nconst maxC = maxQueued * other.size\n'
  expect(read(text)).toEqual([
    { name: 'maxQueued', value: 2, why: 'Both.' },
    { name: 'maxQueuedBytes', value: 3, why: 'Both.' },
    { name: 'maxC', value: 'maxQueued * other.size', why: '' },
  ])
})

test('other constants are no limits', () => {
  expect(read('const keySizeBytes = 32\nconst maxOf = (a: number) => a\nlet maxX = 1\nfunction f() { const maxY = 1 }\n')).toEqual([])
})

test('the page shows units', () => {
  const text = 'const maxABytes = 1024 * 1024\nconst bMs = 1500\nconst cMs = 30_000\nconst maxD = 4096\n'
  expect(limitsPage([{ path: 'relay/src/x.ts', text }])).toContain(
    '## relay\n\n| limit | value | why |\n|---|---|---|\n| `maxABytes` | 1 MiB |  |\n| `bMs` | 1,500 ms |  |\n| `cMs` | 30 s |  |\n| `maxD` | 4,096 |  |\n',
  )
})
