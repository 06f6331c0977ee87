/** Envelopes by topic, in SQL. */
import type Database from 'better-sqlite3'
import { idFromBytes, idToBytes } from '@poruch/base'
import type { EnvelopeId, TopicId } from '@poruch/base'
import type { Appended } from '@poruch/sync/relay-log'
import { makeLogRows, sumOf } from './log-rows.ts'
import type { LogRows } from './log-rows.ts'
import type { LostRows } from './lost-rows.ts'
import type { Tables } from './protocol.ts'
import { makeTopicRows } from './topic-rows.ts'
import type { TopicRows } from './topic-rows.ts'
import { makeAddUsage } from './usage-tables.ts'

type TopicPart = Pick<Tables, 'append' | 'adopt' | 'erase' | 'head' | 'at' | 'chainHead' | 'chainAt' | 'read' | 'trim' | 'holes'>

export function makeTopicTables(db: Database.Database, lost: LostRows): TopicPart {
  const topics = makeTopicRows(db)
  const rows = makeLogRows(db, topics, lost)
  const append = makeAppend(db, { topics, rows, lost })
  const standFor = makeStandFor(db)
  return {
    append: (row) => append(row, false),
    adopt: (row, pack) => {
      const appended = append(row, true)
      if (appended.ok && !appended.known) standFor(row.topic, pack, appended.relaySeq)
      return appended
    },
    erase: makeErase(db, { topics, rows }),
    head: (topic) => {
      const found = topics.of(topic)
      return { relaySeq: found?.head ?? 0, id: found ? idFromBytes(found.head_id) : null }
    },
    ...rows,
    trim: makeTrim(db, { topics, rows, lost }),
    holes: lost.holes,
  }
}

function makeTrim(db: Database.Database, { topics, lost }: AppendParts): TopicPart['trim'] {
  const before =
    'topic = ? AND device = ? AND dseq < min(?, (SELECT max(dseq) FROM log AS o WHERE o.topic = log.topic AND o.device = log.device))'
  const freed = db.prepare<[number, Uint8Array, number], { bytes: number | null; last: number | null }>(
    `SELECT sum(length(bytes)) AS bytes, max(seq) AS last FROM log WHERE ${before}`,
  )
  const remove = db.prepare<[number, Uint8Array, number]>(`DELETE FROM log WHERE ${before}`)
  const standFor = makeStandFor(db)
  const addUsage = makeAddUsage(db)
  return (topic, pack, ends) => {
    const id = topics.of(topic)?.id ?? 0
    let last = 0
    for (const { device, deviceSeq } of ends) {
      const key = idToBytes(device)
      const found = freed.get(id, key, deviceSeq)
      if (!found?.bytes) continue
      last = Math.max(last, found.last ?? 0)
      addUsage(key, -found.bytes)
      remove.run(id, key, deviceSeq)
      lost.trim(id, key, deviceSeq)
    }
    standFor(topic, pack, last)
  }
}

/** With all that it follows: whoever begins here needs those too. */
function makeStandFor(db: Database.Database): (topic: TopicId, pack: EnvelopeId, relaySeq: number) => void {
  const update = db.prepare<[number, Uint8Array, Uint8Array]>(
    `UPDATE compact SET stands_for = max(compact.stands_for, ?) FROM compact AS named
     WHERE named.topic = ? AND named.id = ? AND compact.topic = named.topic AND compact.kind = named.kind AND compact.place <= named.place`,
  )
  return (topic, pack, relaySeq) => void update.run(relaySeq, idToBytes(topic), idToBytes(pack))
}

/** The row keeps its places; what it held is overwritten on the disk (`secure_delete`). */
function makeErase(db: Database.Database, { topics, rows }: Pick<AppendParts, 'topics' | 'rows'>): TopicPart['erase'] {
  const byId = db.prepare<[number, Uint8Array], { seq: number }>('SELECT seq FROM log WHERE topic = ? AND id = ?')
  const write = db.prepare<[Uint8Array, number, number, number]>('UPDATE log SET bytes = ?, sum = ? WHERE topic = ? AND seq = ?')
  const addUsage = makeAddUsage(db)
  return (topic, id, bytes) => {
    const place = topics.of(topic)?.id ?? 0
    const seq = byId.get(place, idToBytes(id))?.seq
    const row = seq === undefined ? null : rows.at(topic, seq)
    if (!row) return
    const [idBytes, device] = [idToBytes(row.id), idToBytes(row.device)]
    const sum = sumOf(topic, { seq: row.relaySeq, id: idBytes, device, dseq: row.deviceSeq, bytes })
    write.run(bytes, sum, place, row.relaySeq)
    addUsage(device, bytes.length - row.bytes.length)
  }
}

interface AppendParts {
  readonly topics: TopicRows
  readonly rows: LogRows
  readonly lost: LostRows
}

/** `isBase`: packs stand for what is missing before the row. */
function makeAppend(
  db: Database.Database,
  { topics, rows, lost }: AppendParts,
): (row: Parameters<TopicPart['append']>[0], isBase: boolean) => Appended {
  const insert = db.prepare<[number, number, Uint8Array, Uint8Array, number, Uint8Array, number]>(
    'INSERT INTO log (topic, seq, id, device, dseq, bytes, sum) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const byId = db.prepare<[number, Uint8Array], { seq: number }>('SELECT seq FROM log WHERE topic = ? AND id = ?')
  const addUsage = makeAddUsage(db)
  const end = db.prepare<[number, Uint8Array], { dseq: number | null }>('SELECT max(dseq) AS dseq FROM log WHERE topic = ? AND device = ?')
  return (row, isBase) => {
    const id = idToBytes(row.id)
    const device = idToBytes(row.device)
    const found = topics.of(row.topic)
    const before = end.get(found?.id ?? 0, device)?.dseq ?? 0
    // Nearly every row is the next of its chain: then it is neither known nor a fork, and there is nothing to look for.
    const isNext = before === row.deviceSeq - 1
    if (!isNext) {
      const seq = byId.get(found?.id ?? 0, id)?.seq
      const known = seq === undefined ? null : rows.at(row.topic, seq)
      if (known) return { ok: true, relaySeq: known.relaySeq, known: true }
      if (rows.chainAt(row.topic, row.device, row.deviceSeq)) return { ok: false, reason: 'fork' }
    }
    const isMissed = found !== undefined && lost.fill(found.id, device, row.deviceSeq)
    if (!isMissed && !isNext && (!isBase || before >= row.deviceSeq)) return { ok: false, reason: 'chain' }
    if (isBase && found) lost.trim(found.id, device, row.deviceSeq)
    const topic = found?.id ?? topics.add(row.topic, id)
    const relaySeq = (found?.head ?? 0) + 1
    const record = { seq: relaySeq, id, device, dseq: row.deviceSeq, bytes: row.bytes }
    insert.run(topic, relaySeq, id, device, row.deviceSeq, row.bytes, sumOf(row.topic, record))
    topics.moveHead(row.topic, topic, { seq: relaySeq, id })
    addUsage(device, row.bytes.length)
    return { ok: true, relaySeq, known: false }
  }
}
