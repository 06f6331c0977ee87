/** Looks through a whole database for damage: what reading alone would not meet, or would miss. */
import type Database from 'better-sqlite3'
import { idFromBytes } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import { RelayLogError } from '@poruch/sync/relay-log'
import { isIntact } from './log-rows.ts'
import type { LogRecord } from './lost-rows.ts'

/** A start may not wait longer than some tenths of a second for it: 20 ms of processor time for each MiB. */
const maxCheckedBytes = 16 * 1024 * 1024
const pageRows = 500

export interface DamagedRow {
  readonly topic: TopicId
  readonly record: LogRecord
}

/** True when a start should look through all of it. */
export function isSmall(db: Database.Database): boolean {
  return Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true })) <= maxCheckedBytes
}

/**
 * The envelopes that are damaged and can be taken out one by one. Indexes alone are made anew where the rows under them are whole.
 * @throws RelayLogError `damaged` when more is wrong than that
 */
export function findDamage(db: Database.Database): readonly DamagedRow[] {
  const isSound = (): boolean => db.pragma('integrity_check(1)', { simple: true }) === 'ok'
  const wasSound = isSound()
  const damaged = [...findDamagedRows(db)]
  if (wasSound) return damaged
  if (damaged.length > 0) throw beyondRepair()
  db.exec('REINDEX')
  if (!isSound()) throw beyondRepair()
  return []
}

function* findDamagedRows(db: Database.Database): Iterable<DamagedRow> {
  const page = db.prepare<[number, number], LogRecord & { tid: Uint8Array | null }>(
    `SELECT log.rowid AS at, topic, seq, log.id AS id, device, dseq, bytes, log.sum AS sum, tid
     FROM log NOT INDEXED LEFT JOIN topic ON topic.id = log.topic WHERE log.rowid > ? ORDER BY log.rowid LIMIT ?`,
  )
  for (let rows = page.all(0, pageRows); rows.length > 0; rows = page.all(rows.at(-1)?.at ?? 0, pageRows)) {
    for (const { tid, ...record } of rows) {
      if (tid === null) throw beyondRepair()
      const topic = idFromBytes<'topic'>(tid)
      if (!isIntact(topic, record)) yield { topic, record }
    }
  }
}

function beyondRepair(): RelayLogError {
  return new RelayLogError(
    'damaged',
    'the database is not as it was written. Put a backup in its place; or move relay.db away and keep the key files: the devices of members fill a new one',
  )
}
