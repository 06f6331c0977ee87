/** Packs in IndexedDB, and the chains that they stand in for. */
import type { TopicId } from '@poruch/base'
import type { Head, LogStore } from '@poruch/sync'
import type { IDBPDatabase } from 'idb'
import type { ChangeChannel } from './change-channel.ts'
import { durable, inDatabase, settle } from './database.ts'
import type { Database, Schema } from './database.ts'
import { ownBytes } from './row-store.ts'

export function makePacks(database: Database, changes: ChangeChannel): Pick<LogStore, 'keepPack' | 'replacePack' | 'packs' | 'trim'> {
  return {
    keepPack: (topic, pack) =>
      inDatabase(database, async (connection) => {
        const transaction = connection.transaction('packs', 'readwrite', durable)
        const known = await transaction.store.getKey([topic, pack.id])
        await settle(transaction, () => (known ? [] : [transaction.store.put({ ...pack, bytes: ownBytes(pack.bytes) }, [topic, pack.id])]))
      }),
    replacePack: (topic, pack) =>
      inDatabase(database, async (connection) => {
        const transaction = connection.transaction('packs', 'readwrite', durable)
        await settle(transaction, () => [transaction.store.put({ ...pack, bytes: ownBytes(pack.bytes) }, [topic, pack.id])])
      }),
    packs: (topic) => inDatabase(database, (connection) => connection.getAll('packs', IDBKeyRange.bound([topic], [topic, []]))),
    trim: async (topic, stretches) => {
      const isDone = await inDatabase(database, (connection) => trimChains(connection, topic, stretches))
      if (isDone) changes.tell({ topic })
      return isDone
    },
  }
}

type Stretches = Parameters<LogStore['trim']>[1]

/** All chains in one transaction: a crash leaves them as they were, or all trimmed. */
async function trimChains(connection: IDBPDatabase<Schema>, topic: TopicId, stretches: Stretches): Promise<boolean> {
  const transaction = connection.transaction(['envelopes', 'heads'], 'readwrite', durable)
  const envelopes = transaction.objectStore('envelopes')
  const heads = transaction.objectStore('heads')
  const held = await Promise.all(stretches.map(({ row }) => envelopes.get([topic, row.device, row.seq])))
  const present = await Promise.all(stretches.map(({ row }) => heads.get([topic, row.device])))
  if (stretches.some(({ row }, index) => (held[index]?.id ?? row.id) !== row.id)) {
    await transaction.done
    return false
  }
  await settle(transaction, () =>
    stretches.flatMap(({ from, row }, index) => {
      const { device, seq, id, pos, lamport } = row
      const writes: Promise<unknown>[] = [envelopes.delete(IDBKeyRange.bound([topic, device, from], [topic, device, seq], false, true))]
      if (!held[index]) writes.push(envelopes.put({ ...row, bytes: ownBytes(row.bytes) }, [topic, device, seq]))
      if ((present[index]?.seq ?? 0) < seq) writes.push(heads.put({ device, seq, id, pos, lamport } satisfies Head, [topic, device]))
      return writes
    }),
  )
  return true
}
