import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runKills } from './run.ts'

const slowMs = 240_000 // processes of Node on a busy machine; nothing waits for it

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poruch-kill9-'))
})
afterEach(async () => rm(folder, { recursive: true, force: true }))

test('[KI1] the real relay, killed in mid-write and started again, keeps all that it acknowledged', { timeout: slowMs }, async () => {
  const outcome = await runKills({ kills: 2, seed: 1, folder })
  expect(outcome.lost).toEqual([])
  expect(outcome.kills).toBe(2)
  expect(outcome.envelopes).toBeGreaterThan(20)
  expect(outcome.entries).toBeGreaterThan(6)
  expect(outcome.readyMs.length).toBeGreaterThan(0)
})

test('[KI5] a relay that acknowledges before its commit is found out within few kills', { timeout: slowMs }, async () => {
  const entry = fileURLToPath(new URL('planted-relay.ts', import.meta.url))
  const outcome = await runKills({ kills: 2, seed: 1, folder, entry })
  expect(outcome.lost).not.toEqual([])
  expect(outcome.lost.join()).toMatch(/was acknowledged and is there 0 times/u)
})
