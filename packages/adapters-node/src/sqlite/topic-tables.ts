/** Envelopes by topic, in SQL. */
import type Database from 'better-sqlite3'
import { idFromBytes, idToBytes } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import type { Appended, RelayRow } from '@poruch/sync/relay-log'
import type { Tables } from './protocol.ts'
import { makeAddUsage } from './usage-tables.ts'

interface TopicRecord {
  readonly id: number
  readonly head: number
  readonly head_id: Uint8Array
}

interface LogRecord {
  readonly seq: number
  readonly id: Uint8Array
  readonly device: Uint8Array
  readonly dseq: number
  readonly bytes: Uint8Array
}

type TopicPart = Pick<Tables, 'append' | 'head' | 'at' | 'chainHead' | 'chainAt' | 'read' | 'trim'>

export function makeTopicTables(db: Database.Database): TopicPart {
  const findTopic = db.prepare<[Uint8Array], TopicRecord>('SELECT id, head, head_id FROM topic WHERE tid = ?')
  const at = db.prepare<[number, number], LogRecord>('SELECT * FROM log WHERE topic = ? AND seq = ?')
  const read = db.prepare<[number, number, number], LogRecord>('SELECT * FROM log WHERE topic = ? AND seq > ? ORDER BY seq LIMIT ?')
  const chainEnd = db.prepare<[number, Uint8Array], LogRecord>(
    'SELECT * FROM log WHERE topic = ? AND device = ? ORDER BY dseq DESC LIMIT 1',
  )
  const chainAt = db.prepare<[number, Uint8Array, number], LogRecord>('SELECT * FROM log WHERE topic = ? AND device = ? AND dseq = ?')
  const below = 'topic = ? AND seq < ? AND dseq < (SELECT max(dseq) FROM log AS o WHERE o.topic = log.topic AND o.device = log.device)'
  const freed = db.prepare<[number, number], { device: Uint8Array; bytes: number }>(
    `SELECT device, sum(length(bytes)) AS bytes FROM log WHERE ${below} GROUP BY device`,
  )
  const trim = db.prepare<[number, number]>(`DELETE FROM log WHERE ${below}`)
  const addUsage = makeAddUsage(db)
  const topicOf = (topic: TopicId): TopicRecord | undefined => findTopic.get(idToBytes(topic))
  const rowOf = (topic: TopicId, record: LogRecord | undefined): RelayRow | null => (record ? relayRowOf(topic, record) : null)
  return {
    append: makeAppend(db, topicOf),
    head: (topic) => {
      const found = topicOf(topic)
      return { relaySeq: found?.head ?? 0, id: found ? idFromBytes(found.head_id) : null }
    },
    at: (topic, relaySeq) => rowOf(topic, at.get(topicOf(topic)?.id ?? 0, relaySeq)),
    chainHead: (topic, device) => rowOf(topic, chainEnd.get(topicOf(topic)?.id ?? 0, idToBytes(device))),
    chainAt: (topic, device, deviceSeq) => rowOf(topic, chainAt.get(topicOf(topic)?.id ?? 0, idToBytes(device), deviceSeq)),
    read: (topic, afterRelaySeq, limit) =>
      read.all(topicOf(topic)?.id ?? 0, afterRelaySeq, limit).map((record) => relayRowOf(topic, record)),
    trim: (topic, belowRelaySeq) => {
      const id = topicOf(topic)?.id ?? 0
      for (const { device, bytes } of freed.all(id, belowRelaySeq)) addUsage(device, -bytes)
      trim.run(id, belowRelaySeq)
    },
  }
}

function makeAppend(db: Database.Database, topicOf: (topic: TopicId) => TopicRecord | undefined): TopicPart['append'] {
  const addTopic = db.prepare<[Uint8Array, Uint8Array]>('INSERT INTO topic (tid, head, head_id) VALUES (?, 0, ?)')
  const moveHead = db.prepare<[number, Uint8Array, number]>('UPDATE topic SET head = ?, head_id = ? WHERE id = ?')
  const insert = db.prepare<[number, number, Uint8Array, Uint8Array, number, Uint8Array]>(
    'INSERT INTO log (topic, seq, id, device, dseq, bytes) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const byId = db.prepare<[number, Uint8Array], { seq: number }>('SELECT seq FROM log WHERE topic = ? AND id = ?')
  const byPlace = db.prepare<[number, Uint8Array, number], { seq: number }>(
    'SELECT seq FROM log WHERE topic = ? AND device = ? AND dseq = ?',
  )
  const addUsage = makeAddUsage(db)
  const end = db.prepare<[number, Uint8Array], { dseq: number | null }>('SELECT max(dseq) AS dseq FROM log WHERE topic = ? AND device = ?')
  return (row): Appended => {
    const id = idToBytes(row.id)
    const device = idToBytes(row.device)
    const found = topicOf(row.topic)
    const known = byId.get(found?.id ?? 0, id)
    if (known) return { ok: true, relaySeq: known.seq, known: true }
    if (byPlace.get(found?.id ?? 0, device, row.deviceSeq)) return { ok: false, reason: 'fork' }
    if ((end.get(found?.id ?? 0, device)?.dseq ?? 0) !== row.deviceSeq - 1) return { ok: false, reason: 'chain' }
    const topic = found?.id ?? Number(addTopic.run(idToBytes(row.topic), id).lastInsertRowid)
    const relaySeq = (found?.head ?? 0) + 1
    insert.run(topic, relaySeq, id, device, row.deviceSeq, row.bytes)
    moveHead.run(relaySeq, id, topic)
    addUsage(device, row.bytes.length)
    return { ok: true, relaySeq, known: false }
  }
}

function relayRowOf(topic: TopicId, record: LogRecord): RelayRow {
  return {
    topic,
    relaySeq: record.seq,
    id: idFromBytes(record.id),
    device: idFromBytes(record.device),
    deviceSeq: record.dseq,
    bytes: new Uint8Array(record.bytes),
  }
}
