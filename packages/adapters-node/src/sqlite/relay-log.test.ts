/** The SQLite log against the contract, and against what only a file can do. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf } from '@poruch/base'
import type { DeviceId, TopicId } from '@poruch/base'
import { relayLogContract, relayRow } from '@poruch/testkit/contract'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteRelayLog } from './relay-log.ts'

const topic = 'a1'.repeat(32) as TopicId
const alice = 'aa'.repeat(32) as DeviceId

relayLogContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-sqlite-'))
  const path = join(folder, 'relay.db')
  let log = await openSqliteRelayLog({ path })
  return {
    log,
    reopen: async () => {
      await log.close()
      return (log = await openSqliteRelayLog({ path }))
    },
    end: async () => {
      await log.close()
      await rm(folder, { recursive: true })
    },
  }
})

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poruch-sqlite-'))
  path = join(folder, 'relay.db')
})
afterEach(async () => rm(folder, { recursive: true }))

async function codeOfOpening(at: string = path): Promise<string> {
  return openSqliteRelayLog({ path: at }).then(() => 'opened', codeOf)
}

test('[AN12] refuses the database of a newer version and leaves it as it is', async () => {
  await (await openSqliteRelayLog({ path })).close()
  const db = new Database(path)
  db.pragma('user_version = 99')
  db.close()
  expect(await codeOfOpening()).toBe('newer-version')
  const after = new Database(path)
  expect(after.pragma('user_version', { simple: true })).toBe(99)
  after.close()
})

test('[AN12] refuses a file of another program, of no database, and a folder that is not there', async () => {
  const other = new Database(path)
  other.pragma('user_version = 1')
  other.exec('CREATE TABLE t (a)')
  other.close()
  expect(await codeOfOpening()).toBe('not-a-database')
  const { writeFile } = await import('node:fs/promises')
  await writeFile(path, 'this is not a database, it is a letter to the administrator, long enough to have a header of 100 bytes'.repeat(9))
  expect(await codeOfOpening()).toBe('not-a-database')
  expect(await codeOfOpening(join(folder, 'absent', 'relay.db'))).toBe('unwritable')
})

test('[AN13] is opened by one process at a time: the second is told `locked`', async () => {
  const log = await openSqliteRelayLog({ path })
  expect(await codeOfOpening()).toBe('locked')
  await log.close()
  const again = await openSqliteRelayLog({ path })
  await again.close()
})

test('[AN14] a full database refuses writes with `disk-full`, reads on, loses nothing, and goes on when there is room', async () => {
  const log = await openSqliteRelayLog({ path, maxPages: 40 })
  const big = (seq: number) => ({ ...relayRow(alice, seq), bytes: new Uint8Array(20_000) })
  let acknowledged = 0
  let refused = ''
  while (refused === '') {
    const code = await log.append(big(acknowledged + 1)).then(() => 'ok', codeOf)
    if (code === 'ok') acknowledged += 1
    else refused = code
  }
  expect(refused).toBe('disk-full')
  expect(acknowledged).toBeGreaterThan(0)
  expect((await log.head(topic)).relaySeq).toBe(acknowledged)
  expect(await log.read(topic, 0, 99)).toHaveLength(acknowledged)
  expect(await log.append({ ...relayRow(alice, acknowledged + 1) }).then((one) => one.ok, codeOf)).not.toBe('closed')
  await log.close()
  const roomy = await openSqliteRelayLog({ path })
  const next = (await roomy.chainHead(topic, alice))?.deviceSeq ?? 0
  expect(next).toBeGreaterThanOrEqual(acknowledged)
  expect(await roomy.append(big(next + 1))).toEqual({ ok: true, relaySeq: next + 1, known: false })
  await roomy.close()
})
