/** Reads envelopes by their places, and hands out none that is not as it was written. */
import type Database from 'better-sqlite3'
import { idFromBytes, idToBytes } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import type { RelayRow } from '@poruch/sync/relay-log'
import type { LogRecord, LostRows } from './lost-rows.ts'
import type { Tables } from './protocol.ts'
import { rowSum } from './row-sums.ts'
import type { TopicRows } from './topic-rows.ts'

export type LogRows = Pick<Tables, 'at' | 'chainHead' | 'chainAt' | 'read'>

export function makeLogRows(db: Database.Database, topics: TopicRows, lost: LostRows): LogRows {
  const columns = 'SELECT rowid AS at, topic, seq, id, device, dseq, bytes, sum FROM log WHERE topic = ?'
  const at = db.prepare<[number, number], LogRecord>(`${columns} AND seq = ?`)
  const read = db.prepare<[number, number, number], LogRecord>(`${columns} AND seq > ? ORDER BY seq LIMIT ?`)
  const chainEnd = db.prepare<[number, Uint8Array], LogRecord>(`${columns} AND device = ? ORDER BY dseq DESC LIMIT 1`)
  const chainAt = db.prepare<[number, Uint8Array, number], LogRecord>(`${columns} AND device = ? AND dseq = ?`)
  const topicRow = (topic: TopicId): number => topics.of(topic)?.id ?? 0
  /** Asks again without what was damaged, which is then out of the way. */
  const intact = (topic: TopicId, ask: (row: number) => readonly LogRecord[]): readonly RelayRow[] => {
    const row = topicRow(topic)
    for (;;) {
      const found = ask(row)
      const damaged = found.filter((record) => !isIntact(topic, record))
      if (damaged.length === 0) return found.map((record) => relayRowOf(topic, record))
      for (const record of damaged) lost.lose(topic, record)
    }
  }
  const one = (topic: TopicId, ask: (row: number) => LogRecord | undefined): RelayRow | null =>
    intact(topic, (row) => [ask(row) ?? []].flat()).at(0) ?? null
  return {
    at: (topic, relaySeq) => one(topic, (row) => at.get(row, relaySeq)),
    chainHead: (topic, device) => one(topic, (row) => chainEnd.get(row, idToBytes(device))),
    chainAt: (topic, device, deviceSeq) => one(topic, (row) => chainAt.get(row, idToBytes(device), deviceSeq)),
    read: (topic, afterRelaySeq, limit) => intact(topic, (row) => read.all(row, afterRelaySeq, limit)),
  }
}

/** Over the topic's own name, too: a row that strayed into another topic is damaged. */
export function sumOf(topic: TopicId, { seq, id, device, dseq, bytes }: Omit<LogRecord, 'at' | 'topic' | 'sum'>): number {
  return rowSum(idToBytes(topic), seq, id, device, dseq, bytes)
}

export function isIntact(topic: TopicId, record: LogRecord): boolean {
  return sumOf(topic, record) === record.sum
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
