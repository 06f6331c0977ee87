/** The raw epoch keys that this device can open, kept sealed in its store. */
import { equalBytes } from '@poruch/base'
import type { Bytes, EpochId } from '@poruch/base'
import type { LogStore } from '@poruch/sync'
import { collections } from './records.ts'

export interface EpochKeys {
  get(epoch: EpochId): Bytes | null
  /** Takes in what another tab has written to the store. */
  refresh(): Promise<void>
  /** Durable when it resolves. */
  put(keys: readonly { readonly epoch: EpochId; readonly key: Bytes }[]): Promise<void>
}

export async function openEpochKeys(store: LogStore): Promise<EpochKeys> {
  const known = new Map<EpochId, Bytes>()
  const refresh = async (): Promise<void> => {
    for (const { key, value } of await store.listRecords(collections.epochKeys)) known.set(key as EpochId, value)
  }
  await refresh()
  return {
    refresh,
    get: (epoch) => known.get(epoch) ?? null,
    put: async (keys) => {
      const fresh = keys.filter(({ epoch, key }) => !equalBytes(known.get(epoch) ?? new Uint8Array(0), key))
      if (fresh.length === 0) return
      await store.putRecords(fresh.map(({ epoch, key }) => ({ collection: collections.epochKeys, key: epoch, value: key })))
      for (const { epoch, key } of fresh) known.set(epoch, key)
    },
  }
}
