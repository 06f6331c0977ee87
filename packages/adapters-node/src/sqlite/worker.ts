/** The thread that owns the database. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { TopicId } from '@poruch/base'
import type Database from 'better-sqlite3'
import { makeAuditTables } from './audit-tables.ts'
import { makeCompactTables } from './compact-tables.ts'
import { failureOf } from './failures.ts'
import { emptyLog, makeRunGroup } from './group-commit.ts'
import { makeLostRows } from './lost-rows.ts'
import type { Call, FromWorker, Tables, ToWorker } from './protocol.ts'
import { openDatabase } from './schema.ts'
import type { OpenOptions } from './schema.ts'
import { makeScopeTables, makeSideTables } from './side-tables.ts'
import { makeTopicTables } from './topic-tables.ts'
import { makeUsageTables } from './usage-tables.ts'
import { findDamage, isSmall } from './whole-check.ts'

/** So many calls at most share one transaction: it bounds how long the first of them waits. */
const groupLimit = 512

const port = parentPort
if (port) start(port)

function start(at: NonNullable<typeof parentPort>): void {
  const say = (message: FromWorker): void => at.postMessage(message)
  const lost = new Set<TopicId>()
  let db: Database.Database
  let tables: Tables
  try {
    ;[db, tables] = open(workerData as OpenOptions, (topic) => void lost.add(topic))
  } catch (thrown) {
    say({ kind: 'not-opened', failure: failureOf(thrown) })
    at.close()
    return
  }
  const runGroup = makeRunGroup(db, tables)
  at.on('message', (first: readonly ToWorker[]) => {
    const calls: Call[] = []
    let closing: number | null = null
    // Whatever arrived while the last commit was on its way to the disk shares the next one.
    for (let some: readonly ToWorker[] | undefined = first; some; some = calls.length < groupLimit ? receive(at) : undefined) {
      for (const next of some) {
        if (next.name === 'close') closing = next.id
        else calls.push(next)
      }
      if (closing !== null) break
    }
    for (let from = 0; from < calls.length; from += groupLimit) {
      say({ ...runGroup(calls.slice(from, from + groupLimit)), lost: takeAll(lost) })
    }
    if (closing === null) return
    close(db)
    say({ kind: 'answers', answers: [{ id: closing, ok: true, result: undefined }], moved: [], lost: [], commit: null })
    at.close()
  })
  say({ kind: 'opened', lost: takeAll(lost) })
}

/** What is damaged is out of the way before anything is read. */
function open(options: OpenOptions, onLost: (topic: TopicId) => void): [Database.Database, Tables] {
  const db = openDatabase(options)
  try {
    // What was erased just before a crash.
    emptyLog(db)
    const damage = options.checkAll === true || isSmall(db) ? findDamage(db) : []
    const lost = makeLostRows(db, onLost)
    for (const { topic, record } of damage) lost.lose(topic, record)
    return [
      db,
      {
        ...makeTopicTables(db, lost),
        ...makeCompactTables(db),
        ...makeScopeTables(db),
        ...makeSideTables(db),
        ...makeAuditTables(db),
        ...makeUsageTables(db),
      },
    ]
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

function takeAll(topics: Set<TopicId>): readonly TopicId[] {
  const all = [...topics]
  topics.clear()
  return all
}

function receive(at: NonNullable<typeof parentPort>): readonly ToWorker[] | undefined {
  return (receiveMessageOnPort(at) as { message: readonly ToWorker[] } | undefined)?.message
}

/** Leaves one plain file behind; what a full disk keeps from being moved stays in the WAL and is found at the next start. */
function close(db: Database.Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
  } catch {
    // Durable either way.
  }
  db.close()
}
