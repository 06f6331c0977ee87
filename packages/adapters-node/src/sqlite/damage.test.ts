/** Bytes that flip on the disk: found, never handed out, and asked for again. */
import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf, idToBytes } from '@poruch/base'
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { RelayRow } from '@poruch/sync/relay-log'
import { relayRow } from '@poruch/testkit/contract'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeAuditTables } from './audit-tables.ts'
import { makeLostRows } from './lost-rows.ts'
import type { SqliteRelayLog } from './port.ts'
import { openSqliteRelayLog } from './relay-log.ts'
import { openDatabase } from './schema.ts'
import { makeScopeTables, makeSideTables } from './side-tables.ts'
import { makeTopicTables } from './topic-tables.ts'
import { findDamage } from './whole-check.ts'

const topics = ['a1', 'b2', 'c3'].map((byte) => byte.repeat(32) as TopicId)
const [topic] = topics as [TopicId]
const devices = ['aa', 'bb'].map((byte) => byte.repeat(32) as DeviceId)
const [alice] = devices as [DeviceId]
const rowsOfChain = 8
const slowMs = 120_000 // thousands of databases are opened; nothing waits for it

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poruch-damage-'))
  path = join(folder, 'relay.db')
})
afterEach(async () => rm(folder, { recursive: true }))

const bigRow = (device: DeviceId, seq: number, name: TopicId = topic) => ({
  ...relayRow(device, seq, name),
  bytes: new Uint8Array(300).fill(seq + 1),
})

async function withLog<T>(work: (log: SqliteRelayLog, lost: TopicId[]) => Promise<T>): Promise<T> {
  const lost: TopicId[] = []
  const log = await openSqliteRelayLog({ path, onLost: (name) => lost.push(name) })
  try {
    return await work(log, lost)
  } finally {
    await log.close()
  }
}

/** Three topics of two chains each, a scope's log, keys, an audit. */
async function fill(log: SqliteRelayLog): Promise<void> {
  for (let seq = 1; seq <= rowsOfChain; seq++)
    for (const name of topics) for (const device of devices) await log.append(bigRow(device, seq, name))
  await log.appendScope([0, 1, 2].map((pos) => ({ scope: 's', pos, record: new Uint8Array(200).fill(pos) })))
  for (const key of ['x', 'y', 'z']) await log.putSide({ collection: 'c', group: 'g', key, value: new Uint8Array(100).fill(9) })
  await log.writeAudit({ at: 1, kind: 'started', actor: '', address: '', detail: '' })
}

/** All that can be read of a database, without a thread between: thousands are opened. Throws what opening or reading throws. */
function readAll(at: string) {
  const db = openDatabase({ path: at })
  try {
    const damage = findDamage(db)
    const lost = makeLostRows(db, () => undefined)
    for (const one of damage) lost.lose(one.topic, one.record)
    const tables = { ...makeTopicTables(db, lost), ...makeScopeTables(db), ...makeSideTables(db), ...makeAuditTables(db) }
    const rows = topics.flatMap((name) => tables.read(name, 0, 999))
    return {
      rows,
      missed: new Set(topics.flatMap((name) => tables.holes(name).map(({ device, deviceSeq }) => `${name} ${device} ${deviceSeq}`))),
      heads: topics.map((name) => tables.head(name)),
      records: tables.readScope('s', 0, 9),
      side: tables.readSide('c', 'g', 0, 9),
    }
  } finally {
    db.close()
  }
}

type Content = ReturnType<typeof readAll>

const nameOf = (row: RelayRow): string => `${row.topic} ${row.device} ${row.deviceSeq}`

/** What is wrong with an opened copy: content that nobody wrote, or something missing that is not missed. */
function faultsOf(copy: Content, whole: Content): readonly string[] {
  const written = new Map(whole.rows.map((row) => [nameOf(row), JSON.stringify(row)]))
  const there = new Set(copy.rows.map(nameOf))
  const lastId = (name: TopicId) => copy.rows.findLast((row) => row.topic === name)?.id
  return [
    ...copy.rows.filter((row) => written.get(nameOf(row)) !== JSON.stringify(row)).map((row) => `handed out: ${nameOf(row)}`),
    ...whole.rows.filter((row) => !there.has(nameOf(row)) && !copy.missed.has(nameOf(row))).map((row) => `not missed: ${nameOf(row)}`),
    ...copy.heads.filter(({ id }, at) => id !== whole.heads[at]?.id && id !== lastId(topics[at] as TopicId)).map(() => 'another head'),
    ...(JSON.stringify(copy.records) === JSON.stringify(whole.records) ? [] : ['another log']),
    ...copy.side.filter((row) => !JSON.stringify(whole.side).includes(JSON.stringify(row))).map((row) => `handed out: ${row.key}`),
  ]
}

test(
  '[AN22] flipped bytes all over a small database: each is refused at the opening, missed, or changes nothing',
  { timeout: slowMs },
  async () => {
    await withLog(fill)
    const whole = readAll(path)
    const bytes = await readFile(path)
    const copy = join(folder, 'copy.db')
    const outcomes = { refused: 0, missed: 0, harmless: 0 }
    const faults: string[] = []
    // A prime step: every page is met at other places, and each kind of place many times.
    for (let at = 0; at < bytes.length; at += 127) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
      await writeFile(copy, flipped)
      try {
        const read = readAll(copy)
        outcomes[read.missed.size > 0 || read.side.length < whole.side.length ? 'missed' : 'harmless'] += 1
        faults.push(...faultsOf(read, whole).map((fault) => `byte ${at}: ${fault}`))
      } catch {
        outcomes.refused += 1
      }
      for (const rest of ['-wal', '-shm', '-journal']) await rm(copy + rest, { force: true })
    }
    expect(faults).toEqual([])
    expect(outcomes.missed).toBeGreaterThan(50)
    expect(outcomes.refused).toBeGreaterThan(50)
  },
)

test('[AN22] a flipped byte in the write-ahead log cuts off what came later, and hands out nothing else', { timeout: slowMs }, async () => {
  const db = openDatabase({ path })
  const lost = makeLostRows(db, () => undefined)
  const tables = makeTopicTables(db, lost)
  const append = db.transaction((seq: number) => tables.append(bigRow(alice, seq)))
  for (let seq = 1; seq <= 12; seq++) append(seq)
  const wal = await readFile(`${path}-wal`)
  await copyFile(path, join(folder, 'base.db'))
  db.close()
  const copy = join(folder, 'copy.db')
  for (let at = 0; at < wal.length; at += 2_003) {
    await copyFile(join(folder, 'base.db'), copy)
    const flipped = Buffer.from(wal)
    flipped[at] = (flipped[at] ?? 0) ^ 0x10
    await writeFile(`${copy}-wal`, flipped)
    try {
      const { rows, heads } = readAll(copy)
      expect(rows).toEqual(Array.from({ length: rows.length }, (_, index) => ({ ...bigRow(alice, index + 1), relaySeq: index + 1 })))
      expect(heads[0]?.relaySeq).toBe(rows.length)
    } catch (thrown) {
      if (!('code' in Object(thrown))) throw thrown
    }
    await rm(`${copy}-wal`, { force: true })
  }
})

function change(sql: string, ...values: unknown[]): void {
  const db = new Database(path)
  db.prepare(sql).run(...values)
  db.close()
}

test('[AN23] an envelope that was damaged is missed until it comes again, at a new place; the rest of its chain stays', async () => {
  await withLog(async (log) => {
    for (let seq = 1; seq <= 4; seq++) await log.append(bigRow(alice, seq))
  })
  change('UPDATE log SET bytes = zeroblob(300) WHERE dseq = 2')
  await withLog(async (log, lost) => {
    expect(lost).toEqual([topic])
    expect(await log.holes(topic)).toEqual([{ device: alice, deviceSeq: 2 }])
    expect((await log.read(topic, 0, 2)).map(({ deviceSeq }) => deviceSeq)).toEqual([1, 3])
    expect(await log.usage()).toEqual([[alice, 900]])
    expect(await log.append(bigRow(alice, 9))).toEqual({ ok: false, reason: 'chain' })
    expect(await log.append(bigRow(alice, 3))).toEqual({ ok: true, relaySeq: 3, known: true })
    expect(await log.append(bigRow(alice, 2))).toEqual({ ok: true, relaySeq: 5, known: false })
    expect(await log.append(bigRow(alice, 2))).toEqual({ ok: true, relaySeq: 5, known: true })
    expect(await log.holes(topic)).toEqual([])
    expect((await log.read(topic, 0, 9)).map(({ deviceSeq }) => deviceSeq)).toEqual([1, 3, 4, 2])
    expect(await log.append(bigRow(alice, 5))).toEqual({ ok: true, relaySeq: 6, known: false })
  })
})

test('[AN23] the end of a chain that was damaged comes again as the next of the chain, and is missed no longer', async () => {
  await withLog(async (log) => {
    for (let seq = 1; seq <= 2; seq++) await log.append(bigRow(alice, seq))
  })
  change('UPDATE log SET bytes = zeroblob(300) WHERE dseq = 2')
  await withLog(async (log) => {
    expect(await log.holes(topic)).toEqual([{ device: alice, deviceSeq: 2 }])
    expect(await log.append(bigRow(alice, 2))).toEqual({ ok: true, relaySeq: 3, known: false })
    expect(await log.holes(topic)).toEqual([])
  })
})

test('[AN23] damage that comes while the log is open is found by the read that meets it', async () => {
  const db = openDatabase({ path })
  const told: TopicId[] = []
  const tables = makeTopicTables(
    db,
    makeLostRows(db, (name) => told.push(name)),
  )
  for (let seq = 1; seq <= 3; seq++) tables.append(bigRow(alice, seq))
  db.exec('UPDATE log SET bytes = zeroblob(300) WHERE dseq = 3')
  expect(tables.chainHead(topic, alice)?.deviceSeq).toBe(2)
  db.exec('UPDATE log SET bytes = zeroblob(300) WHERE dseq = 1; UPDATE topic SET head = 77')
  expect(tables.at(topic, 1)).toBe(null)
  expect(tables.head(topic)).toEqual({ relaySeq: 2, id: bigRow(alice, 2).id })
  expect(told).toEqual([topic, topic])
  expect(tables.append(bigRow(alice, 1))).toEqual({ ok: true, relaySeq: 3, known: false })
  tables.trim(topic, 'cc'.repeat(32) as EnvelopeId, [{ device: alice, deviceSeq: 99 }])
  expect(tables.holes(topic)).toEqual([])
  db.close()
})

/** Where a table or an index keeps these bytes. */
function placeIn(name: string, bytes: Uint8Array): number {
  const db = new Database(path)
  const pages = db.prepare<[string], { pageno: number }>('SELECT pageno FROM dbstat WHERE name = ?').all(name)
  const pageBytes = Number(db.pragma('page_size', { simple: true }))
  db.close()
  const file = readFileSync(path)
  for (const { pageno } of pages) {
    const from = (pageno - 1) * pageBytes
    const at = file.subarray(from, from + pageBytes).indexOf(bytes)
    if (at >= 0) return from + at
  }
  throw new Error('they are not there')
}

async function flipAt(at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(path, bytes)
}

test('[AN24] a damaged index is made anew from whole rows; of a damaged table nothing is read, and the file stays as it is', async () => {
  await withLog(fill)
  const id = idToBytes(bigRow(alice, 3).id)
  await flipAt(placeIn('sqlite_autoindex_log_2', id))
  await withLog(async (log, lost) => {
    expect(lost).toEqual([])
    expect(await log.append(bigRow(alice, 3))).toMatchObject({ ok: true, known: true })
    expect(await log.read(topic, 0, 99)).toHaveLength(rowsOfChain * devices.length)
  })
  // The same byte of the row: its index is right, and it is not known which of the two is.
  await flipAt(placeIn('log', id))
  const before = await readFile(path)
  expect(await withLog(async () => 'opened').catch(codeOf)).toBe('damaged')
  expect((await readFile(path)).equals(before)).toBe(true)
})

test('[AN24] a log of a scope without one of its records is `damaged`, before it can be read, until others are put in its place', async () => {
  await withLog(fill)
  change('UPDATE scope_log SET record = zeroblob(200) WHERE pos = 1')
  expect(await withLog(async (log) => log.readScope('s', 0, 9)).catch(codeOf)).toBe('damaged')
  await withLog(async (log) => {
    expect(await log.readScope('s', 0, 1)).toHaveLength(1)
    const rest = [1, 2, 3].map((pos) => ({ scope: 's', pos, record: Uint8Array.of(pos) }))
    await log.replaceScope(rest)
    expect((await log.readScope('s', 0, 9)).slice(1)).toEqual(rest)
  })
})
