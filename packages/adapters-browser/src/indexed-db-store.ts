/** The LogStore of a browser: one IndexedDB database, ciphertext only, durable when a promise resolves. */
import { copyBytes } from '@poruch/base'
import type { Bytes, DeviceId, TopicId } from '@poruch/base'
import type { Cursor, Head, LogRow, LogStore } from '@poruch/sync'
import type { IDBPDatabase } from 'idb'
import { openChangeChannel } from './change-channel.ts'
import type { ChangeChannel } from './change-channel.ts'
import { durable, inDatabase, openDatabase, settle } from './database.ts'
import type { Database, Schema } from './database.ts'
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
    ...makeCursors(database),
    nextCount: (counter) => inDatabase(database, (connection) => countOn(connection, counter)),
    ...makeRecords(database, changes, options.seal),
    watch: changes.watch,
    close: () => {
      database.close()
      return Promise.resolve()
    },
  }
}

type Rows = Pick<LogStore, 'append' | 'setState' | 'heads' | 'read' | 'topics'>

function makeRows(database: Database, changes: ChangeChannel): Rows {
  return {
    append: async (topic, expected, row) => {
      const outcome = await inDatabase(database, (connection) => appendRow(connection, { topic, expected, row }))
      if (outcome === 'appended') changes.tell({ topic })
      return outcome
    },
    setState: (topic, device, seq, state) =>
      inDatabase(database, async (connection) => {
        const transaction = connection.transaction('envelopes', 'readwrite', durable)
        const row = await transaction.store.get([topic, device, seq])
        await settle(transaction, () => (row ? [transaction.store.put({ ...row, state }, [topic, device, seq])] : []))
      }),
    heads: (topic) => inDatabase(database, (connection) => connection.getAll('heads', IDBKeyRange.bound([topic], [topic, []]))),
    read: (topic, device, fromSeq, limit) =>
      limit < 1 // IndexedDB takes 0 for no limit
        ? Promise.resolve([])
        : inDatabase(database, (connection) =>
            connection.getAll('envelopes', IDBKeyRange.bound([topic, device, fromSeq], [topic, device, Infinity]), limit),
          ),
    topics: () => inDatabase(database, listTopics),
  }
}

interface Appending {
  readonly topic: TopicId
  readonly expected: number
  readonly row: LogRow
}

/** Compares and sets in one transaction: whatever another tab does, it does before or after. */
async function appendRow(
  connection: IDBPDatabase<Schema>,
  { topic, expected, row }: Appending,
): Promise<'appended' | 'known' | 'head-moved'> {
  const transaction = connection.transaction(['envelopes', 'heads'], 'readwrite', durable)
  const envelopes = transaction.objectStore('envelopes')
  const heads = transaction.objectStore('heads')
  const present = await envelopes.get([topic, row.device, row.seq])
  const head = await heads.get([topic, row.device])
  if (present?.id === row.id || (head?.seq ?? 0) !== expected || row.seq !== expected + 1) {
    await transaction.done
    return present?.id === row.id ? 'known' : 'head-moved'
  }
  const { device, seq, id, pos, lamport } = row
  await settle(transaction, () => [
    envelopes.put({ ...row, bytes: ownBytes(row.bytes) }, [topic, device, seq]),
    heads.put({ device, seq, id, pos, lamport } satisfies Head, [topic, device]),
  ])
  return 'appended'
}

/** IndexedDB would store the whole buffer behind a view. */
function ownBytes(bytes: Bytes): Bytes {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : copyBytes(bytes)
}

/** Jumps from topic to topic: the cost grows with the topics, not with their chains. */
async function listTopics(connection: IDBPDatabase<Schema>): Promise<readonly TopicId[]> {
  const topics: TopicId[] = []
  let cursor = await connection.transaction('heads').store.openKeyCursor()
  while (cursor) {
    const [topic] = cursor.key
    topics.push(topic as TopicId)
    // an array sorts behind every text, so this is behind the topic's last device
    cursor = await cursor.continue([topic, []] as unknown as [string, DeviceId])
  }
  return topics
}

function makeCursors(database: Database): Pick<LogStore, 'cursor' | 'setCursor'> {
  return {
    cursor: (relay, topic) => inDatabase(database, async (connection) => (await connection.get('cursors', [relay, topic])) ?? noCursor),
    setCursor: (relay, topic, cursor) =>
      inDatabase(database, async (connection) => {
        const transaction = connection.transaction('cursors', 'readwrite', durable)
        await settle(transaction, () => [transaction.store.put(cursor, [relay, topic])])
      }),
  }
}

async function countOn(connection: IDBPDatabase<Schema>, counter: string): Promise<number> {
  const transaction = connection.transaction('counters', 'readwrite', durable)
  const next = ((await transaction.store.get(counter)) ?? 0) + 1
  await settle(transaction, () => [transaction.store.put(next, counter)])
  return next
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
