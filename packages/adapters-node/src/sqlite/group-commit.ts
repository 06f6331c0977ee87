/** Runs what has queued up as one transaction, then answers all of it: one flush to the disk for many writes. */
import type Database from 'better-sqlite3'
import type { TopicId } from '@poruch/base'
import type { Appended } from '@poruch/sync/relay-log'
import { failureOf } from './failures.ts'
import { isWrite } from './protocol.ts'
import type { Answer, Answers, Call, Tables } from './protocol.ts'

/** Runs one group of calls. */
export type RunGroup = (calls: readonly Call[]) => Omit<Answers, 'lost'>

/** A write that is refused has undone its own, so it takes nothing of the others with it. Reads see the commit. */
export function makeRunGroup(db: Database.Database, tables: Tables): RunGroup {
  let wasFull = false
  return (calls) => {
    const writes = calls.filter(isWrite)
    const moved = new Map<TopicId, number>()
    const startedMs = performance.now()
    // On a short disk the write-ahead log, which is many times what it holds, is what there is to give up.
    if (wasFull && writes.length > 0) emptyLog(db)
    const written = writes.length > 0 ? commit(db, tables, writes, moved) : []
    // What was erased lies in the write-ahead log still, as it was first written.
    if (writes.some(({ name }) => name === 'erase' || name === 'replaceCompact')) emptyLog(db)
    if (writes.length > 0) wasFull = written.some((one) => !one.ok && one.failure.code === 'disk-full')
    const durationMs = performance.now() - startedMs
    const read = calls.filter((call) => !isWrite(call)).map((call) => answer(call, () => run(tables, call)))
    const isOnDisk = written.some(({ ok }) => ok)
    return {
      kind: 'answers',
      answers: [...written, ...read],
      moved: [...moved],
      commit: isOnDisk ? { writes: writes.length, durationMs } : null,
    }
  }
}

/** Nothing but the database itself holds anything afterwards. */
export function emptyLog(db: Database.Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
  } catch {
    // No room for that: a write that follows will say so, and the next start tries again.
  }
}

function commit(db: Database.Database, tables: Tables, writes: readonly Call[], moved: Map<TopicId, number>): readonly Answer[] {
  try {
    db.exec('BEGIN IMMEDIATE')
    const answers = writes.map((call) => answer(call, () => write(tables, call, moved)))
    db.exec('COMMIT')
    return answers
  } catch (thrown) {
    if (db.inTransaction) db.exec('ROLLBACK')
    moved.clear()
    const failure = failureOf(thrown)
    return writes.map(({ id }) => ({ id, ok: false, failure }))
  }
}

function answer(call: Call, work: () => unknown): Answer {
  try {
    return { id: call.id, ok: true, result: work() }
  } catch (thrown) {
    const failure = failureOf(thrown)
    // A fault of storage ends the whole transaction, not only its call.
    if (isWrite(call) && failure.code !== 'moved') throw thrown
    return { id: call.id, ok: false, failure }
  }
}

function write(tables: Tables, call: Call, moved: Map<TopicId, number>): unknown {
  const result = run(tables, call)
  if (call.name === 'append' || call.name === 'adopt') noteMoved(call.args[0].topic, result as Appended, moved)
  return result
}

function noteMoved(topic: TopicId, appended: Appended, moved: Map<TopicId, number>): void {
  if (appended.ok && !appended.known) moved.set(topic, appended.relaySeq)
}

function run(tables: Tables, call: Call): unknown {
  const work = tables[call.name] as (...args: readonly unknown[]) => unknown
  return work(...call.args)
}
