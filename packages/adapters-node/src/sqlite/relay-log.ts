/** The relay's log in SQLite, in a thread of its own. */
import { Worker } from 'node:worker_threads'
import { makeEmitter } from '@poruch/base'
import type { Bytes, TopicId } from '@poruch/base'
import { RelayLogError } from '@poruch/sync/relay-log'
import type { SqliteRelayLog } from './port.ts'
import type { Args, Answer, Commit, Failure, FromWorker, ReadName, Result, ToWorker, WriteName } from './protocol.ts'
import type { OpenOptions } from './schema.ts'

export interface SqliteRelayLogOptions extends OpenOptions {
  /** Called after each transaction that wrote something. */
  readonly onCommit?: ((commit: Commit) => void) | undefined
  /** Called when a damaged envelope of the topic was found and taken out: `holes` says which are missed. Also before it is open. */
  readonly onLost?: ((topic: TopicId) => void) | undefined
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (reason: RelayLogError) => void
}

/**
 * Opens or makes the database file. One process at a time may have it open. What is written together shares a commit; a full disk fails
 * the writes that met it with `disk-full` and nothing else: reads go on, and so do writes once there is room.
 * What is damaged on the disk is never handed out: one envelope is taken out and missed in `holes`; more than that is `damaged`.
 * @throws RelayLogError `locked` | `newer-version` | `not-a-database` | `damaged` | `unwritable` | `disk-full`
 */
export async function openSqliteRelayLog({ onCommit, onLost, ...options }: SqliteRelayLogOptions): Promise<SqliteRelayLog> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: options, execArgv: [], name: 'relay-log' })
  const opening = Promise.withResolvers<void>()
  const waiting = new Map<number, Waiting>()
  const changes = makeEmitter<readonly [TopicId, number]>()
  let ended: RelayLogError | null = null
  const end = (reason: RelayLogError): void => {
    ended ??= reason
    opening.reject(ended)
    for (const one of waiting.values()) one.reject(ended)
    waiting.clear()
  }
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'not-opened') return opening.reject(errorOf(message.failure))
    for (const topic of message.lost) onLost?.(topic)
    if (message.kind === 'opened') opening.resolve()
    else {
      for (const answer of message.answers) settle(waiting, answer)
      for (const moved of message.moved) changes.emit(moved)
      if (message.commit) onCommit?.(message.commit)
    }
  })
  worker.on('error', (thrown) => end(new RelayLogError('storage-failed', 'the database thread failed', { cause: thrown })))
  worker.on('exit', () => end(new RelayLogError('closed', 'the log was closed')))
  await opening.promise
  let lastId = 0
  let outgoing: object[] = []
  /** A message between threads costs more than most calls: those that came in one turn of the event loop leave in one. */
  const flush = (): void => {
    worker.postMessage(outgoing)
    outgoing = []
  }
  const send = (message: { readonly name: ToWorker['name']; readonly args?: readonly unknown[] }): Promise<unknown> => {
    if (ended) return Promise.reject(ended)
    lastId += 1
    const id = lastId
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      if (outgoing.push({ id, ...message }) === 1) setImmediate(flush)
    })
  }
  const call =
    <N extends ReadName | WriteName>(name: N) =>
    (...args: Args<N>): Promise<Result<N>> =>
      send({ name, args }) as Promise<Result<N>>
  return {
    append: (row) => call('append')({ ...row, bytes: alone(row.bytes) }),
    adopt: (row, pack) => call('adopt')({ ...row, bytes: alone(row.bytes) }, pack),
    erase: (topic, id, bytes) => call('erase')(topic, id, alone(bytes)),
    head: call('head'),
    at: call('at'),
    chainHead: call('chainHead'),
    chainAt: call('chainAt'),
    read: call('read'),
    appendScope: (rows) => call('appendScope')(rows.map((row) => ({ ...row, record: alone(row.record) }))),
    replaceScope: (rows) => call('replaceScope')(rows.map((row) => ({ ...row, record: alone(row.record) }))),
    readScope: call('readScope'),
    scopes: call('scopes'),
    putSide: (row) => call('putSide')({ ...row, value: alone(row.value) }),
    readSide: call('readSide'),
    holes: call('holes'),
    deleteSide: call('deleteSide'),
    putCompact: (row, inPlaceOf) => call('putCompact')({ ...row, bytes: alone(row.bytes) }, inPlaceOf),
    replaceCompact: (topic, id, bytes, by) => call('replaceCompact')(topic, id, alone(bytes), by),
    readCompacts: call('readCompacts'),
    trim: call('trim'),
    usage: call('usage'),
    writeAudit: call('writeAudit'),
    readAudit: call('readAudit'),
    auditEnd: call('auditEnd'),
    probe: call('probe'),
    counts: call('counts'),
    watch: (changed) => changes.subscribe(([topic, relaySeq]) => changed(topic, relaySeq)),
    close: async () => {
      if (ended) return
      const closed = send({ name: 'close' })
      ended = new RelayLogError('closed', 'the log was closed')
      await closed
      await worker.terminate()
    },
  }
}

function settle(waiting: Map<number, Waiting>, answer: Answer): void {
  const one = waiting.get(answer.id)
  waiting.delete(answer.id)
  if (answer.ok) one?.resolve(answer.result)
  else one?.reject(errorOf(answer.failure))
}

function errorOf(failure: Failure): RelayLogError {
  return new RelayLogError(failure.code, failure.message)
}

/** A view is cloned to the other thread with all of its buffer, so a small one over a large one is copied first. */
function alone(bytes: Bytes): Bytes {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
}
