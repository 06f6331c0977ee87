/** The LogStore of a browser: one IndexedDB database, ciphertext only, durable when a promise resolves. */
import type { Cursor, LogStore } from '@poruch/sync'
import type { IDBPDatabase } from 'idb'
import { openChangeChannel } from './change-channel.ts'
import type { ChangeChannel } from './change-channel.ts'
import { durable, inDatabase, openDatabase, settle } from './database.ts'
import type { Database, Schema } from './database.ts'
import { makeGroups } from './groups.ts'
import { makePacks } from './pack-store.ts'
import { makeRows, ownBytes } from './row-store.ts'
import { openRecord, sealRecord } from './sealed-record.ts'
import type { Sealer } from './sealed-record.ts'

export interface IndexedDbStoreOptions {
  /** One database per profile of this origin. */
  readonly name: string
  /** For the records; rows come sealed. */
  readonly seal: Sealer
  /** Called once when the database was closed by a newer program in another tab, by the browser, or by `close`. */
  readonly onClosed?: () => void
}

const noCursor: Cursor = { seq: 0, id: null, holds: {} }

/** @throws AdapterError `newer-version` | `store-unavailable`; SyncError `disk-full` */
export async function openIndexedDbStore(options: IndexedDbStoreOptions): Promise<LogStore> {
  const database = await openDatabase(options.name)
  const changes = openChangeChannel(options.name)
  database.onClosed(changes.close)
  if (options.onClosed) database.onClosed(options.onClosed)
  return {
    ...makeRows(database, changes),
    ...makePacks(database, changes),
    ...makeCursors(database, changes),
    nextCount: makeCounts(database),
    ...makeRecords(database, changes, options.seal),
    watch: changes.watch,
    close: () => {
      database.close()
      return Promise.resolve()
    },
  }
}

function makeCursors(database: Database, changes: ChangeChannel): Pick<LogStore, 'cursor' | 'setCursor'> {
  return {
    cursor: (relay, topic) => inDatabase(database, async (connection) => (await connection.get('cursors', [relay, topic])) ?? noCursor),
    setCursor: (relay, topic, cursor) =>
      inDatabase(database, async (connection) => {
        const transaction = connection.transaction('cursors', 'readwrite', durable)
        await settle(transaction, () => [transaction.store.put(cursor, [relay, topic])])
        changes.tell({ cursor: topic })
      }),
  }
}

/** Counters that are asked for together, as when many documents are written to for the first time, share one transaction. */
function makeCounts(database: Database): (counter: string) => Promise<number> {
  return makeGroups<string, number>((counters) => inDatabase(database, (connection) => countAll(connection, counters)))
}

async function countAll(connection: IDBPDatabase<Schema>, counters: readonly string[]): Promise<readonly number[]> {
  const transaction = connection.transaction('counters', 'readwrite', durable)
  const last = new Map<string, number>()
  await Promise.all([...new Set(counters)].map(async (counter) => last.set(counter, (await transaction.store.get(counter)) ?? 0)))
  const given = counters.map((counter) => {
    const next = (last.get(counter) ?? 0) + 1
    last.set(counter, next)
    return next
  })
  await settle(transaction, () => [...last].map(async ([counter, count]) => transaction.store.put(count, counter)))
  return given
}

/** Sealing and opening happen outside of transactions: IndexedDB ends one as soon as anything else is awaited. */
function makeRecords(
  database: Database,
  changes: ChangeChannel,
  sealer: Sealer,
): Pick<LogStore, 'getRecord' | 'putRecords' | 'listRecords'> {
  return {
    getRecord: async (collection, key) => {
      const sealed = await inDatabase(database, (connection) => connection.get('records', [collection, key]))
      return sealed ? openRecord(sealer, { collection, key }, sealed) : null
    },
    putRecords: async (writes) => {
      await putSealed(database, sealer, writes)
      for (const collection of new Set(writes.map((write) => write.collection))) changes.tell({ collection })
    },
    listRecords: async (collection) => {
      const range = IDBKeyRange.bound([collection], [collection, []])
      const [keys, values] = await inDatabase(database, (connection) => {
        const { store } = connection.transaction('records')
        return Promise.all([store.getAllKeys(range), store.getAll(range)])
      })
      return Promise.all(
        keys.map(async ([, key], index) => ({
          key,
          value: await openRecord(sealer, { collection, key }, values[index] ?? new Uint8Array(0)),
        })),
      )
    },
  }
}

type RecordWrites = Parameters<LogStore['putRecords']>[0]

async function putSealed(database: Database, sealer: Sealer, writes: RecordWrites): Promise<void> {
  const sealed = await Promise.all(
    writes.map(async ({ collection, key, value }) => ({
      collection,
      key,
      value: value && (await sealRecord(sealer, { collection, key }, value)),
    })),
  )
  await inDatabase(database, async (connection) => {
    const transaction = connection.transaction('records', 'readwrite', durable)
    const { store } = transaction
    await settle(transaction, () =>
      sealed.map(({ collection, key, value }) => (value ? store.put(ownBytes(value), [collection, key]) : store.delete([collection, key]))),
    )
  })
}
