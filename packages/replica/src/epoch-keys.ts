/** The raw epoch keys that this device can open, kept sealed in its store. */
import { equalBytes } from '@poruch/base'
import type { Bytes, EpochId } from '@poruch/base'
import type { EpochInfo, ScopeFold } from '@poruch/identity/fold'
import type { LogStore } from '@poruch/sync'
import { collections } from './records.ts'

export interface EpochKeys {
  get(epoch: EpochId): Bytes | null
  /** Takes in what another tab has written to the store; true when it brought something new. */
  refresh(): Promise<boolean>
  /** Durable when it resolves. */
  put(keys: readonly { readonly epoch: EpochId; readonly key: Bytes }[]): Promise<void>
}

export async function openEpochKeys(store: LogStore): Promise<EpochKeys> {
  const known = new Map<EpochId, Bytes>()
  const refresh = async (): Promise<boolean> => {
    const before = known.size
    for (const { key, value } of await store.listRecords(collections.epochKeys)) known.set(key as EpochId, value)
    return known.size > before
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

/** The newest epoch that may seal at the log's head and whose key is here. */
export function usableEpoch(fold: ScopeFold, keys: EpochKeys): EpochInfo | null {
  const lowest = fold.minGenAt(fold.head()?.pos ?? 0)
  return fold.epochs().findLast((epoch) => epoch.gen >= lowest && keys.get(epoch.id) !== null) ?? null
}
