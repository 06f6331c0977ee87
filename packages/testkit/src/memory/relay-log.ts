/** A RelayLog in memory; with an unsynced tail it loses in a crash what a real disk would lose. */
import { copyBytes, makeEmitter } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import { RelayLogError } from '@poruch/sync/relay-log'
import type { Appended, RelayLog } from '@poruch/sync/relay-log'
import { makeRelayTables } from './relay-tables.ts'
import type { RelayTables } from './relay-tables.ts'

export interface MemoryRelayLogOptions {
  /** Called when the tail stops being empty: call `sync` later. Without it every commit is durable at once. */
  readonly onTail?: () => void
  /** A planted bug for the simulator: promises resolve before their commit is durable. */
  readonly plantAckBeforeCommit?: boolean
}

export interface MemoryRelayLog extends RelayLog {
  /** Makes the tail durable and resolves the promises that wait for it. */
  sync(): void
  /**
   * Drops the tail but for what the disk happened to write of it: so many of its first commits, given how many there are. This log is
   * closed by it, its waiting promises are rejected; the answer is the log after the restart.
   */
  crash(kept?: (tail: number) => number): MemoryRelayLog
  /** As a backup has it: so many of its first commits, given how many there are. This log is closed by it. */
  rollBack(kept: (commits: number) => number): MemoryRelayLog
  /** Another log, to which all that is durable here has happened as well. */
  copy(options: MemoryRelayLogOptions): MemoryRelayLog
}

type Write = (tables: RelayTables) => unknown

interface Waiting {
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

export function makeMemoryRelayLog(options: MemoryRelayLogOptions = {}): MemoryRelayLog {
  return openOver([], options)
}

/** `durable` holds the writes that a crash keeps, in order. */
function openOver(durable: Write[], options: MemoryRelayLogOptions): MemoryRelayLog {
  const tables = makeRelayTables()
  for (const write of durable) write(tables)
  const state = { closed: false, tail: [] as Write[], waiting: [] as Waiting[] }
  const changes = makeEmitter<{ topic: TopicId; relaySeq: number }>()
  const sync = (): void => {
    durable.push(...state.tail)
    state.tail = []
    const waiting = state.waiting
    state.waiting = []
    for (const one of waiting) one.resolve()
  }
  const end = (): void => {
    state.closed = true
    const waiting = state.waiting
    state.waiting = []
    for (const one of waiting) one.reject(closedError())
  }
  const synced = async (): Promise<void> => new Promise((resolve, reject) => state.waiting.push({ resolve, reject }))
  const read = async <T>(run: () => T): Promise<T> => {
    if (state.closed) throw closedError()
    const result = run()
    // As a database that answers reads with the commit they share: nobody hears of what a crash could take back.
    if (state.tail.length > 0 && !options.plantAckBeforeCommit) await synced()
    return result
  }
  const commit = async <T>(write: (to: RelayTables) => T): Promise<T> => {
    if (state.closed) throw closedError()
    const result = write(tables)
    state.tail.push(write)
    if (!options.onTail) sync()
    else {
      const durableNow = synced()
      if (state.tail.length === 1) options.onTail()
      if (options.plantAckBeforeCommit) durableNow.catch(() => undefined)
      else await durableNow
    }
    return result
  }
  const commitRow = async (topic: TopicId, write: (to: RelayTables) => Appended): Promise<Appended> => {
    const appended = await commit(write)
    if (appended.ok && !appended.known) changes.emit({ topic, relaySeq: appended.relaySeq })
    return appended
  }
  return {
    append: (row) => {
      const own = { ...row, bytes: copyBytes(row.bytes) }
      return commitRow(row.topic, (to) => to.append(own))
    },
    adopt: (row, pack) => {
      const own = { ...row, bytes: copyBytes(row.bytes) }
      return commitRow(row.topic, (to) => to.adopt(own, pack))
    },
    erase: (topic, id, bytes) => {
      const own = copyBytes(bytes)
      return commit((to) => to.erase(topic, id, own))
    },
    head: (topic) => read(() => tables.head(topic)),
    at: (topic, relaySeq) => read(() => tables.at(topic, relaySeq)),
    chainHead: (topic, device) => read(() => tables.chainHead(topic, device)),
    chainAt: (topic, device, deviceSeq) => read(() => tables.chainAt(topic, device, deviceSeq)),
    read: (topic, afterRelaySeq, limit) => read(() => tables.read(topic, afterRelaySeq, limit)),
    appendScope: (rows) => commit((to) => to.appendScope(rows)),
    replaceScope: (rows) => commit((to) => to.replaceScope(rows)),
    readScope: (scope, fromPos, limit) => read(() => tables.readScope(scope, fromPos, limit)),
    scopes: () => read(() => tables.scopes()),
    putSide: (row) => commit((to) => to.putSide({ ...row, value: copyBytes(row.value) })),
    readSide: (collection, group, afterCursor, limit) => read(() => tables.readSide(collection, group, afterCursor, limit)),
    deleteSide: (collection, group, key) => commit((to) => to.deleteSide(collection, group, key)),
    putCompact: (row, inPlaceOf) => {
      const own = { ...row, bytes: copyBytes(row.bytes) }
      return commit((to) => to.putCompact(own, inPlaceOf))
    },
    replaceCompact: (topic, id, bytes, by) => {
      const own = copyBytes(bytes)
      return commit((to) => to.replaceCompact(topic, id, own, by))
    },
    readCompacts: (topic, kind, afterPlace, limit) => read(() => tables.readCompacts(topic, kind, afterPlace, limit)),
    trim: (topic, pack, ends) => commit((to) => to.trim(topic, pack, ends)),
    watch: (changed) => changes.subscribe(({ topic, relaySeq }) => changed(topic, relaySeq)),
    close: () => {
      if (!state.closed) sync()
      end()
      return Promise.resolve()
    },
    sync,
    crash: (kept = () => 0) => {
      durable.push(...state.tail.slice(0, kept(state.tail.length)))
      state.tail = []
      end()
      return openOver(durable, options)
    },
    rollBack: (kept) => {
      state.tail = []
      end()
      return openOver(durable.slice(0, kept(durable.length)), options)
    },
    copy: (own) => openOver(durable.slice(), own),
  }
}

function closedError(): RelayLogError {
  return new RelayLogError('closed', 'the log was closed')
}
