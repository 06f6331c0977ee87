/** The thread that owns the database. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import { makeAuditTables } from './audit-tables.ts'
import { failureOf } from './failures.ts'
import { runGroup } from './group-commit.ts'
import type { Call, FromWorker, Tables, ToWorker } from './protocol.ts'
import { openDatabase } from './schema.ts'
import type { OpenOptions } from './schema.ts'
import { makeScopeTables, makeSideTables } from './side-tables.ts'
import { makeTopicTables } from './topic-tables.ts'
import { makeUsageTables } from './usage-tables.ts'

/** So many calls at most share one transaction: it bounds how long the first of them waits. */
const groupLimit = 512

const port = parentPort
if (port) start(port)

function start(at: NonNullable<typeof parentPort>): void {
  const say = (message: FromWorker): void => at.postMessage(message)
  let db: Database.Database
  let tables: Tables
  try {
    db = openDatabase(workerData as OpenOptions)
    tables = { ...makeTopicTables(db), ...makeScopeTables(db), ...makeSideTables(db), ...makeAuditTables(db), ...makeUsageTables(db) }
  } catch (thrown) {
    say({ kind: 'not-opened', failure: failureOf(thrown) })
    at.close()
    return
  }
  at.on('message', (first: ToWorker) => {
    const calls: Call[] = []
    let closing: number | null = null
    // Whatever arrived while the last commit was on its way to the disk shares the next one.
    for (let next: ToWorker | undefined = first; next; next = calls.length < groupLimit ? receive(at) : undefined) {
      if (next.name === 'close') closing = next.id
      else calls.push(next)
      if (closing !== null) break
    }
    if (calls.length > 0) say(runGroup(db, tables, calls))
    if (closing === null) return
    close(db)
    say({ kind: 'answers', answers: [{ id: closing, ok: true, result: undefined }], moved: [], commit: null })
    at.close()
  })
  say({ kind: 'opened' })
}

function receive(at: NonNullable<typeof parentPort>): ToWorker | undefined {
  return (receiveMessageOnPort(at) as { message: ToWorker } | undefined)?.message
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
