/** The rows of the log in IndexedDB: many appends share a strict transaction, each with its own answer. */
import { copyBytes } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { Head, LogRow, LogStore } from '@poruch/sync'
import type { IDBPDatabase } from 'idb'
import type { ChangeChannel } from './change-channel.ts'
import { durable, inDatabase, settle } from './database.ts'
import type { Database, Schema } from './database.ts'
import { makeGroups } from './groups.ts'

export type Rows = Pick<LogStore, 'append' | 'rebranch' | 'erase' | 'setState' | 'heads' | 'read' | 'topics'>

export function makeRows(database: Database, changes: ChangeChannel): Rows {
  const append = makeGroups<Appending, Outcome>((group) => inDatabase(database, (connection) => appendAll(connection, group)))
  return {
    append: async (topic, expected, row) => {
      const outcome = await append({ topic, expected, row })
      if (outcome === 'appended') changes.tell({ topic })
      return outcome
    },
    rebranch: async (topic, inPlaceOf, row) => {
      const outcome = await inDatabase(database, (connection) => replaceRow(connection, { topic, inPlaceOf, row }))
      if (outcome === 'replaced') changes.tell({ topic })
      return outcome
    },
    erase: (topic, row) => inDatabase(database, (connection) => eraseRow(connection, topic, row)),
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

type Outcome = Awaited<ReturnType<LogStore['append']>>

interface Appending {
  readonly topic: TopicId
  readonly expected: number
  readonly row: LogRow
}

/** Compares and sets in one transaction: whatever another tab does, it does before or after. */
async function appendAll(connection: IDBPDatabase<Schema>, group: readonly Appending[]): Promise<readonly Outcome[]> {
  const transaction = connection.transaction(['envelopes', 'heads'], 'readwrite', durable)
  const [envelopes, heads] = [transaction.objectStore('envelopes'), transaction.objectStore('heads')]
  const chains = new Map(group.map(({ topic, row }) => [topic + row.device, [topic, row.device] as const]))
  const ends = new Map<string, number>()
  await Promise.all([...chains].map(async ([name, key]) => ends.set(name, (await heads.get([...key]))?.seq ?? 0)))
  const outcomes: Outcome[] = []
  const appendOne = async ({ topic, expected, row }: Appending, index: number): Promise<void> => {
    const { device, seq, id, pos, lamport } = row
    if (ends.get(topic + device) !== expected || seq !== expected + 1) return compare(topic, row, index)
    ends.set(topic + device, seq)
    outcomes[index] = 'appended'
    const kept = envelopes.put({ ...row, bytes: ownBytes(row.bytes) }, [topic, device, seq])
    await Promise.all([kept, heads.put({ device, seq, id, pos, lamport } satisfies Head, [topic, device])])
  }
  const compare = async (topic: TopicId, { device, seq, id }: LogRow, index: number): Promise<void> => {
    const present = await envelopes.get([topic, device, seq])
    outcomes[index] = present?.id === id ? 'known' : 'head-moved'
  }
  await settle(transaction, () => group.map(appendOne))
  return outcomes
}

interface Replacing {
  readonly topic: TopicId
  readonly inPlaceOf: EnvelopeId
  readonly row: LogRow
}

async function replaceRow(connection: IDBPDatabase<Schema>, { topic, inPlaceOf, row }: Replacing): Promise<'replaced' | 'head-moved'> {
  const transaction = connection.transaction(['envelopes', 'heads'], 'readwrite', durable)
  const envelopes = transaction.objectStore('envelopes')
  const { device, seq, id, pos, lamport } = row
  const present = await envelopes.get([topic, device, seq])
  if (present?.id !== inPlaceOf) {
    await transaction.done
    return 'head-moved'
  }
  await settle(transaction, () => [
    envelopes.delete(IDBKeyRange.bound([topic, device, seq], [topic, device, Infinity])),
    envelopes.put({ ...row, bytes: ownBytes(row.bytes) }, [topic, device, seq]),
    transaction.objectStore('heads').put({ device, seq, id, pos, lamport } satisfies Head, [topic, device]),
  ])
  return 'replaced'
}

async function eraseRow(connection: IDBPDatabase<Schema>, topic: TopicId, row: LogRow): Promise<void> {
  const transaction = connection.transaction(['envelopes', 'heads'], 'readwrite', durable)
  const envelopes = transaction.objectStore('envelopes')
  const { device, seq, id } = row
  const [present, head] = await Promise.all([envelopes.get([topic, device, seq]), transaction.objectStore('heads').get([topic, device])])
  const isHere = seq <= (head?.seq ?? 0) && (!present || present.id === id)
  await settle(transaction, () => (isHere ? [envelopes.put({ ...row, bytes: ownBytes(row.bytes) }, [topic, device, seq])] : []))
}

/** IndexedDB would store the whole buffer behind a view. */
export function ownBytes(bytes: Bytes): Bytes {
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
