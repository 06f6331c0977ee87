/** What a failing schedule leaves behind leads to the same end again. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { plantedScenario } from './scenario.ts'
import { readSettings } from './settings.ts'
import { replay, writeTrace } from './trace-file.ts'

/** Long for a machine that is busy with other tests; nothing is measured. */
const timeout = 300_000

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'poruch-trace-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  return join(folder, 'trace.jsonl')
}

test('[SI8] a written schedule replays to the same end, a changed one says from which line on not', { timeout }, async () => {
  const path = temporaryFile()
  const outcome = await writeTrace(path, 1, plantedScenario('no-client-id-guard'))
  const replayed = await replay(path)
  expect(replayed?.differsAt).toBeNull()
  expect(replayed?.outcome).toEqual(outcome)
  const lines = readFileSync(path, 'utf8').split('\n')
  expect(lines).toHaveLength((replayed?.events ?? 0) + 3)
  lines[4] = '{}'
  writeFileSync(path, lines.join('\n'))
  expect((await replay(path))?.differsAt).toBe(5)
})

test('[SI8] what is no trace of a schedule is refused', async () => {
  const path = temporaryFile()
  for (const text of ['', '{', '{"format":"poruch-trace","version":2,"source":"schedule","seed":1,"scenario":{}}']) {
    writeFileSync(path, text)
    expect(await replay(path)).toBeNull()
  }
})

test('[SI6] the command knows its plants and adversaries, and nothing else', () => {
  expect(readSettings(['--schedules', '3', '--seed', '5'])?.seeds).toEqual([5, 6, 7])
  expect(readSettings(['--only', 'gap-flood'])?.scenario).toMatchObject({ byzantine: true, only: 'gap-flood' })
  expect(readSettings(['--plant', 'no-signature-check'])?.scenario).toMatchObject({ plant: 'no-signature-check', only: 'forged-author' })
  for (const bad of [['--plant', 'x'], ['--only', 'x'], ['--schedules', '0'], ['--seed', '-1'], ['--what']]) {
    expect(readSettings(bad)).toBeNull()
  }
})
