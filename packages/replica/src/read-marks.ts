/** How many messages of others this device has shown, per conversation. */
import { makeByteReader, makeByteWriter, makeEmitter } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import type { LogStore } from '@poruch/sync'
import { collections } from './records.ts'

export interface ReadMarks {
  count(topic: TopicId): number
  /** Never goes back. */
  set(topic: TopicId, count: number): Promise<void>
  /** Takes in what another tab has written to the store. */
  refresh(): Promise<void>
  onChanged(listener: () => void): () => void
}

export async function openReadMarks(store: LogStore): Promise<ReadMarks> {
  const counts = new Map<string, number>()
  const changes = makeEmitter<void>()
  const refresh = async (): Promise<void> => {
    for (const { key, value } of await store.listRecords(collections.read)) counts.set(key, makeByteReader(value).u32())
    changes.emit()
  }
  await refresh()
  return {
    count: (topic) => counts.get(topic) ?? 0,
    set: async (topic, count) => {
      if (count <= (counts.get(topic) ?? 0)) return
      counts.set(topic, count)
      changes.emit()
      await store.putRecords([{ collection: collections.read, key: topic, value: makeByteWriter().u32(count).done() }])
    },
    refresh,
    onChanged: changes.subscribe,
  }
}
