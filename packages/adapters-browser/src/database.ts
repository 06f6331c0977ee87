/** Opens the one database of this device: its object stores, its version, and the browser's faults as codes. */
import type { Bytes } from '@poruch/base'
import type { Cursor, Head, LogRow, StoredPack } from '@poruch/sync'
import { SyncError } from '@poruch/sync/wire'
import { openDB } from 'idb'
import type { DBSchema, IDBPDatabase, StoreNames } from 'idb'
import { AdapterError } from './errors.ts'

const databaseVersion = 3

export interface Schema extends DBSchema {
  /** Sealed envelopes under [topic, device, seq]. */
  envelopes: { key: [string, string, number]; value: LogRow }
  /** The end of each chain under [topic, device], written together with its envelope. */
  heads: { key: [string, string]; value: Head }
  /** Sealed packs under [topic, id]; since version 3. */
  packs: { key: [string, string]; value: StoredPack }
  /** Under [relay, topic]. */
  cursors: { key: [string, string]; value: Cursor }
  /** Sealed values under [collection, key]. */
  records: { key: [string, string]; value: Bytes }
  /** The last number given, under the counter's name. */
  counters: { key: string; value: number }
  /** Of version 1: handles of keys (CryptoKey) under their names. Nothing is added any more. */
  keys: { key: string; value: unknown }
  /** Where the vault's key lies, how often it was locked, and guesses; see docs/PROTOCOL.md, "Vault". */
  vault: { key: string; value: unknown }
}

type StoreName = StoreNames<Schema>

/** Resolves when the writes are on the disk, not merely handed to the system. */
export const durable = { durability: 'strict' } as const

export interface Database {
  /** @throws SyncError `store-closed` */
  use(): IDBPDatabase<Schema>
  /** Calls `closed` once when the database closes, whoever closed it. */
  onClosed(closed: () => void): void
  close(): void
}

/** Closes by itself when a newer program wants the database. @throws AdapterError `newer-version` | `store-unavailable`; SyncError `disk-full` */
export async function openDatabase(name: string): Promise<Database> {
  let open = true
  const listeners: (() => void)[] = []
  const close = (): void => {
    if (!open) return
    open = false
    connection.close()
    for (const closed of listeners) closed()
  }
  const connection = await openDB<Schema>(name, databaseVersion, {
    upgrade: (database, oldVersion) => {
      if (oldVersion < 1) createStores(database)
      if (oldVersion < 2) database.createObjectStore('vault')
      if (oldVersion < 3) database.createObjectStore('packs')
    },
    blocking: close,
    terminated: close,
  }).catch((thrown: unknown) => {
    throw openingFault(thrown)
  })
  return {
    use: () => {
      if (!open) throw new SyncError('store-closed', 'the database is closed')
      return connection
    },
    onClosed: (closed) => {
      if (open) listeners.push(closed)
      else closed()
    },
    close,
  }
}

function createStores(database: IDBPDatabase<Schema>): void {
  for (const store of ['envelopes', 'heads', 'cursors', 'records', 'counters', 'keys'] satisfies StoreName[])
    database.createObjectStore(store)
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error || thrown instanceof DOMException ? thrown.name : ''
}

function openingFault(thrown: unknown): AdapterError | SyncError {
  if (nameOf(thrown) === 'VersionError') return new AdapterError('newer-version', 'a newer program wrote the database', { cause: thrown })
  if (nameOf(thrown) === 'QuotaExceededError') return new SyncError('disk-full', 'no room for the database', { cause: thrown })
  return new AdapterError('store-unavailable', 'the browser opens no database', { cause: thrown })
}

/** Runs the work on the open database; the browser's faults come out as SyncError `disk-full` | `store-closed`. */
export async function inDatabase<T>(database: Database, work: (connection: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
  const connection = database.use()
  try {
    return await work(connection)
  } catch (thrown) {
    if (nameOf(thrown) === 'QuotaExceededError') throw new SyncError('disk-full', 'the quota of this origin is used up', { cause: thrown })
    if (nameOf(thrown) === 'InvalidStateError' || nameOf(thrown) === 'AbortError') {
      throw new SyncError('store-closed', 'the database closed during the work', { cause: thrown })
    }
    throw thrown
  }
}

interface Settling {
  readonly done: Promise<void>
  abort(): void
}

/** Waits until the requests are on the disk; when one cannot be made or fails, none of them is kept. */
export async function settle(transaction: Settling, requests: () => readonly Promise<unknown>[]): Promise<void> {
  try {
    await Promise.all([...requests(), transaction.done])
  } catch (thrown) {
    transaction.done.catch(() => undefined) // the abort below, or the fault that is thrown here
    tryAbort(transaction)
    throw thrown
  }
}

function tryAbort(transaction: Settling): void {
  try {
    transaction.abort()
  } catch {
    // it has ended already
  }
}
