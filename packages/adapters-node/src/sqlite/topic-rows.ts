/** The row of each topic: its number, and where its log ends. */
import type Database from 'better-sqlite3'
import { idToBytes } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import { rowSum } from './row-sums.ts'

interface TopicRecord {
  readonly id: number
  readonly head: number
  readonly head_id: Uint8Array
  readonly sum: number
}

interface End {
  readonly seq: number
  readonly id: Uint8Array
}

export interface TopicRows {
  of(topic: TopicId): TopicRecord | undefined
  /** Answers its number; its head is still to be moved. */
  add(topic: TopicId, headId: Uint8Array): number
  moveHead(topic: TopicId, row: number, head: End): void
}

export function makeTopicRows(db: Database.Database): TopicRows {
  const find = db.prepare<[Uint8Array], TopicRecord>('SELECT id, head, head_id, sum FROM topic WHERE tid = ?')
  const add = db.prepare<[Uint8Array, Uint8Array]>('INSERT INTO topic (tid, head, head_id) VALUES (?, 0, ?)')
  const move = db.prepare<[number, Uint8Array, number, number]>('UPDATE topic SET head = ?, head_id = ?, sum = ? WHERE id = ?')
  const last = db.prepare<[number], End>('SELECT seq, id FROM log WHERE topic = ? ORDER BY seq DESC LIMIT 1')
  const moveHead: TopicRows['moveHead'] = (topic, row, { seq, id }) => {
    move.run(seq, id, rowSum(idToBytes(topic), seq, id), row)
  }
  return {
    moveHead,
    add: (topic, headId) => Number(add.run(idToBytes(topic), headId).lastInsertRowid),
    of: (topic) => {
      const found = find.get(idToBytes(topic))
      if (!found || rowSum(idToBytes(topic), found.head, found.head_id) === found.sum) return found
      // The end of the log says it again: its row is never trimmed.
      const end = last.get(found.id) ?? { seq: 0, id: new Uint8Array(32) }
      moveHead(topic, found.id, end)
      return { ...found, head: end.seq, head_id: end.id }
    },
  }
}
