/** Takes what is damaged out of the log and remembers its place, so that it can be asked for. */
import type Database from 'better-sqlite3'
import { idFromBytes, idToBytes } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import type { Hole } from './port.ts'
import { makeAddUsage } from './usage-tables.ts'

/** A device that lacks more of a topic sends its chain from the first of them on. */
const maxHolesTold = 256

/** A row of `log` as it is on the disk. */
export interface LogRecord {
  readonly at: number
  readonly topic: number
  readonly seq: number
  readonly id: Uint8Array
  readonly device: Uint8Array
  readonly dseq: number
  readonly bytes: Uint8Array
  readonly sum: number
}

export interface LostRows {
  /** Deletes the row and leaves a hole in its device's chain. */
  lose(topic: TopicId, record: LogRecord): void
  /** True when this place of a chain was lost; from now on it is not. */
  fill(topicRow: number, device: Uint8Array, dseq: number): boolean
  /** Forgets what was lost of a chain below a place: nobody is to bring it any more. */
  trim(topicRow: number, device: Uint8Array, belowDseq: number): void
  holes(topic: TopicId): readonly Hole[]
}

export function makeLostRows(db: Database.Database, onLost: (topic: TopicId) => void): LostRows {
  const remove = db.prepare<[number]>('DELETE FROM log WHERE rowid = ?')
  const dig = db.prepare<[number, Uint8Array, number, number]>('INSERT OR IGNORE INTO hole (topic, device, dseq, seq) VALUES (?, ?, ?, ?)')
  const fill = db.prepare<[number, Uint8Array, number]>('DELETE FROM hole WHERE topic = ? AND device = ? AND dseq = ?')
  const trim = db.prepare<[number, Uint8Array, number]>('DELETE FROM hole WHERE topic = ? AND device = ? AND dseq < ?')
  const list = db.prepare<[Uint8Array, number], { device: Uint8Array; dseq: number }>(
    'SELECT device, min(dseq) AS dseq FROM hole WHERE topic = (SELECT id FROM topic WHERE tid = ?) GROUP BY device LIMIT ?',
  )
  const addUsage = makeAddUsage(db)
  let count = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM hole').get()?.n ?? 0
  return {
    lose: db.transaction((topic: TopicId, { at, topic: topicRow, seq, device, dseq, bytes }: LogRecord) => {
      remove.run(at)
      count += dig.run(topicRow, device, dseq, seq).changes
      addUsage(device, -bytes.length)
      onLost(topic)
    }),
    // Nearly always there is no hole anywhere, and an append pays nothing.
    fill: (topicRow, device, dseq) => count > 0 && fill.run(topicRow, device, dseq).changes > 0,
    trim: (topicRow, device, belowDseq) => {
      if (count > 0) trim.run(topicRow, device, belowDseq)
    },
    holes: (topic) =>
      count === 0
        ? []
        : list.all(idToBytes(topic), maxHolesTold).map(({ device, dseq }) => ({ device: idFromBytes<'device'>(device), deviceSeq: dseq })),
  }
}
