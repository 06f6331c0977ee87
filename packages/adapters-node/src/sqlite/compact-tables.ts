/** Packs and snapshots by topic and kind, in SQL. */
import type Database from 'better-sqlite3'
import { idFromBytes, idToBytes } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import type { StoredCompact } from '@poruch/sync/relay-log'
import type { Tables } from './protocol.ts'
import { rowSum } from './row-sums.ts'
import { makeAddUsage } from './usage-tables.ts'

interface CompactRecord {
  readonly kind: number
  readonly place: number
  readonly id: Uint8Array
  readonly prev: Uint8Array | null
  readonly device: Uint8Array
  readonly bytes: Uint8Array
  readonly stored_at: number
  readonly stands_for: number
  readonly sum: number
}

type Insert = [Uint8Array, number, number, Uint8Array, Uint8Array | null, Uint8Array, Uint8Array, number, number]

export function makeCompactTables(db: Database.Database): Pick<Tables, 'putCompact' | 'replaceCompact' | 'readCompacts'> {
  const known = db.prepare<[Uint8Array, number, Uint8Array], { place: number }>(
    'SELECT place FROM compact WHERE topic = ? AND kind = ? AND id = ?',
  )
  const last = db.prepare<[Uint8Array, number], { place: number; id: Uint8Array }>(
    'SELECT place, id FROM compact WHERE topic = ? AND kind = ? ORDER BY place DESC LIMIT 1',
  )
  const before = db.prepare<[Uint8Array, number, number], { place: number; id: Uint8Array }>(
    'SELECT place, id FROM compact WHERE topic = ? AND kind = ? AND place < ? ORDER BY place DESC LIMIT 1',
  )
  const freed = db.prepare<[Uint8Array, number, number], { device: Uint8Array; bytes: number }>(
    'SELECT device, sum(length(bytes)) AS bytes FROM compact WHERE topic = ? AND kind = ? AND place >= ? GROUP BY device',
  )
  const remove = db.prepare<[Uint8Array, number, number]>('DELETE FROM compact WHERE topic = ? AND kind = ? AND place >= ?')
  const insert = db.prepare<Insert>(
    'INSERT INTO compact (topic, kind, place, id, prev, device, bytes, stored_at, stands_for, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)',
  )
  const read = db.prepare<[Uint8Array, number, number, number], CompactRecord>(
    'SELECT * FROM compact WHERE topic = ? AND kind = ? AND place > ? ORDER BY place LIMIT ?',
  )
  const addUsage = makeAddUsage(db)
  return {
    putCompact: ({ topic, kind, id, prev, device, bytes, storedAtMs }, inPlaceOf) => {
      const key = idToBytes(topic)
      if (known.get(key, kind, idToBytes(id))) return 'known'
      const replaced = inPlaceOf === undefined ? null : known.get(key, kind, idToBytes(inPlaceOf))
      if (replaced === undefined) return 'moved'
      const end = replaced ? before.get(key, kind, replaced.place) : last.get(key, kind)
      if ((end ? idFromBytes(end.id) : null) !== prev) return 'moved'
      if (replaced) {
        for (const each of freed.all(key, kind, replaced.place)) addUsage(each.device, -each.bytes)
        remove.run(key, kind, replaced.place)
      }
      const values = [
        key,
        kind,
        (end?.place ?? 0) + 1,
        idToBytes(id),
        prev && idToBytes(prev),
        idToBytes(device),
        bytes,
        Math.floor(storedAtMs),
      ] as const
      insert.run(...values, rowSum(...values))
      addUsage(idToBytes(device), bytes.length)
      return 'stored'
    },
    replaceCompact: makeReplace(db),
    readCompacts: (topic, kind, afterPlace, limit) =>
      read.all(idToBytes(topic), kind, afterPlace, limit).map((record) => compactOf(topic, record)),
  }
}

/** What it held is overwritten on the disk (`secure_delete`). */
function makeReplace(db: Database.Database): Tables['replaceCompact'] {
  const find = db.prepare<[Uint8Array, Uint8Array], CompactRecord>('SELECT * FROM compact WHERE topic = ? AND id = ?')
  const write = db.prepare<[Uint8Array, number, Uint8Array, Uint8Array]>('UPDATE compact SET bytes = ?, sum = ? WHERE topic = ? AND id = ?')
  const standFor = db.prepare<[number, Uint8Array, Uint8Array]>(
    'UPDATE compact SET stands_for = max(stands_for, ?) WHERE topic = ? AND id = ?',
  )
  const addUsage = makeAddUsage(db)
  return (topic, id, bytes, by) => {
    const key = idToBytes(topic)
    const found = find.get(key, idToBytes(id))
    if (!found) return
    const { kind, place, prev, device, stored_at: storedAt, stands_for: last } = found
    write.run(bytes, rowSum(key, kind, place, found.id, prev, device, bytes, storedAt), key, found.id)
    standFor.run(last, key, idToBytes(by))
    addUsage(device, bytes.length - found.bytes.length)
  }
}

function compactOf(topic: TopicId, record: CompactRecord): StoredCompact {
  const { kind, place, id, prev, device, bytes, stored_at: storedAtMs, stands_for: standsForSeq, sum } = record
  const isWhole = rowSum(idToBytes(topic), kind, place, id, prev, device, bytes, storedAtMs) === sum
  return {
    topic,
    kind,
    place,
    id: idFromBytes(id),
    prev: prev && idFromBytes(prev),
    device: idFromBytes(device),
    bytes: isWhole ? new Uint8Array(bytes) : new Uint8Array(0),
    storedAtMs,
    standsForSeq,
  }
}
