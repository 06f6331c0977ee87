/** The relay's admin finds not one word. */
import { expect, test } from '@playwright/test'
import { makeCanary, scanBytes } from '@poruch/testkit/canary'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSecrets, runCanaries, wordsOf } from './canary-run.ts'

test('[CL36] the scanner finds a word in each of its forms', () => {
  const word = makeCanary()
  const noise = randomBytes(512)
  for (const lead of [0, 1, 2]) {
    const text = Buffer.concat([randomBytes(3 + lead), Buffer.from(word), randomBytes(5)])
    for (const leaked of [
      text,
      Buffer.from(text.toString('base64')),
      Buffer.from(text.toString('base64url')),
      Buffer.from(text.toString('hex')),
    ]) {
      expect(scanBytes('planted', Buffer.concat([noise, leaked, noise]), [word])).not.toEqual([])
    }
  }
  for (const wide of [Buffer.from(word, 'utf16le'), Buffer.from(word, 'utf16le').swap16()]) {
    expect(scanBytes('planted', Buffer.concat([noise, wide]), [word])).not.toEqual([])
  }
  expect(scanBytes('clean', noise, [word])).toEqual([])
})

test("[CL37][CA3][CA5] what people typed is in no form in the relay's files, its write-ahead log, its output, the wire and the profiles", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-e2e-'))
  try {
    const secrets = makeSecrets()
    expect(wordsOf(secrets).length).toBeGreaterThanOrEqual(20)
    const survey = await runCanaries({ folder, secrets })
    expect((await readdir(join(folder, 'relay'))).some((name) => name.endsWith('-wal'))).toBe(true)
    expect(survey.sizeBytes).toBeGreaterThan(1_000_000)
    expect(survey.hits).toEqual([])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
