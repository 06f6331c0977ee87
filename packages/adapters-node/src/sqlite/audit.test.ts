/** The second version of the database: what is counted of each device, and the audit chain. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from '@poruch/base'
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { relayRow } from '@poruch/testkit/contract'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeAuditChecker } from './audit-chain.ts'
import type { AuditFault } from './audit-chain.ts'
import { openSqliteRelayLog } from './relay-log.ts'
import { writeOldDatabase } from '../testing/old-databases.ts'
import type { SqliteRelayLog } from './port.ts'

const topic = 'a1'.repeat(32) as TopicId
const alice = 'aa'.repeat(32) as DeviceId
const bob = 'bb'.repeat(32) as DeviceId

const slowMs = 60_000 // flushes of a busy disk; nothing waits for it

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poruch-audit-'))
  path = join(folder, 'relay.db')
})
afterEach(async () => rm(folder, { recursive: true }))

async function withLog<T>(work: (log: SqliteRelayLog) => Promise<T>): Promise<T> {
  const log = await openSqliteRelayLog({ path })
  try {
    return await work(log)
  } finally {
    await log.close()
  }
}

function change(sql: string): void {
  const db = new Database(path)
  db.exec(sql)
  db.close()
}

const entry = (n: number) => ({ at: n, kind: 'session', actor: alice, address: 'loopback', detail: `code-${n}` })

async function verify(log: SqliteRelayLog): Promise<AuditFault | null> {
  const checker = makeAuditChecker()
  for (const record of await log.readAudit(0, 1000)) {
    const fault = checker.check(record)
    if (fault) return fault
  }
  return checker.finish(await log.auditEnd())
}

test(
  '[AN18] counts what is kept of each device, through appends, refusals, repeats, trims and a restart',
  { timeout: slowMs },
  async () => {
    const big = { ...relayRow(bob, 1), bytes: new Uint8Array(5000) }
    const sizes = [1, 2, 3].map((seq) => relayRow(alice, seq).bytes.length)
    await withLog(async (log) => {
      for (const seq of [1, 2, 3]) await log.append(relayRow(alice, seq))
      await log.append(relayRow(alice, 2))
      await log.append(relayRow(alice, 9))
      await log.append(big)
      expect(new Map(await log.usage())).toEqual(
        new Map([
          [alice, sizes.reduce((a, b) => a + b)],
          [bob, 5000],
        ]),
      )
      await log.trim(topic, 'cc'.repeat(32) as EnvelopeId, [{ device: alice, deviceSeq: 99 }])
    })
    await withLog(async (log) =>
      expect(new Map(await log.usage())).toEqual(
        new Map([
          [alice, sizes[2]],
          [bob, 5000],
        ]),
      ),
    )
  },
)

test(
  '[AN19] databases of versions 1 and 2 are brought to the newest: nothing is lost, and what they hold is counted',
  { timeout: slowMs },
  async () => {
    for (const version of [1, 2] as const) {
      await rm(path, { force: true })
      writeOldDatabase(path, version)
      for (const _start of ['migrates', 'finds it done'])
        await withLog(async (log) => {
          const rows = [1, 2].map((seq) => relayRow(alice, seq))
          expect(await log.read(topic, 0, 9)).toEqual(rows.map((row) => ({ ...row, relaySeq: row.deviceSeq })))
          expect(await log.head(topic)).toEqual({ relaySeq: 2, id: rows[1]?.id })
          expect(await log.readScope('s', 0, 9)).toEqual([{ scope: 's', pos: 0, record: Uint8Array.of(7) }])
          expect(await log.readSide('c', 'g', 0, 9)).toEqual([
            { collection: 'c', group: 'g', key: 'k', cursor: 1, value: Uint8Array.of(8) },
          ])
          expect(await log.usage()).toEqual([[alice, relayRow(alice, 1).bytes.length * 2]])
          expect(await log.holes(topic)).toEqual([])
          expect(await log.counts()).toEqual({ scopes: 1, topics: 1 })
          await log.probe()
        })
      await withLog(async (log) => {
        expect(await log.append(relayRow(alice, 3))).toEqual({ ok: true, relaySeq: 3, known: false })
        expect((await log.writeAudit(entry(1))).seq).toBe(1)
        expect(await verify(log)).toBe(null)
      })
    }
  },
)

test(
  '[AN20] an audit record that was edited, removed, reordered, cut off or added is found, and the first one is named',
  { timeout: slowMs },
  async () => {
    const seal = async (): Promise<void> => {
      await rm(path, { force: true })
      await withLog(async (log) => {
        for (let n = 1; n <= 6; n++) await log.writeAudit(entry(n))
        expect(await verify(log)).toBe(null)
      })
    }
    const found = async (sql: string): Promise<AuditFault | null> => {
      await seal()
      change(sql)
      return withLog(verify)
    }
    expect(await found("UPDATE audit SET detail = 'other' WHERE seq = 3")).toEqual({ seq: 3, reason: 'hash' })
    expect(await found("UPDATE audit SET actor = '' WHERE seq = 1")).toEqual({ seq: 1, reason: 'hash' })
    expect(await found('DELETE FROM audit WHERE seq = 4')).toEqual({ seq: 4, reason: 'missing' })
    expect(await found('DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = seq - 1 WHERE seq > 4')).toEqual({ seq: 4, reason: 'hash' })
    expect(
      await found(
        'UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 99',
      ),
    ).toEqual({
      seq: 2,
      reason: 'hash',
    })
    expect(await found('DELETE FROM audit WHERE seq > 4')).toEqual({ seq: 5, reason: 'end' })
    expect(await found("INSERT INTO audit VALUES (7, 7, 'k', '', '', '', zeroblob(32))")).toEqual({ seq: 7, reason: 'hash' })
    expect(await found('UPDATE audit_end SET seq = 5')).toEqual({ seq: 6, reason: 'end' })
  },
)

test('[AN20] records written together are one chain, which a restart goes on with', { timeout: slowMs }, async () => {
  const first = await withLog(async (log) => Promise.all([1, 2, 3].map(async (n) => log.writeAudit(entry(n)))))
  const next = await withLog(async (log) => {
    const written = await log.writeAudit(entry(4))
    expect(await verify(log)).toBe(null)
    return written
  })
  expect([...first, next].map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  expect(new Set([...first, next].map(({ hash }) => toHex(hash))).size).toBe(4)
})

test('[AN21] tells of each commit how many writes shared it', async () => {
  const commits: number[] = []
  const log = await openSqliteRelayLog({ path, onCommit: ({ writes, durationMs }) => commits.push(durationMs >= 0 ? writes : -1) })
  await Promise.all([1, 2, 3].map(async (seq) => log.append(relayRow(alice, seq))))
  await log.head(topic)
  await log.close()
  expect(commits.reduce((a, b) => a + b)).toBe(3)
})
