/** The recovery words, sealed like all records, until their person says that they are written down. */
import { makeCell } from '@poruch/base'
import type { View } from '@poruch/base'
import type { LogStore } from '@poruch/sync'
import { collections, jsonBytes, readJson } from './records.ts'

export interface KeptWords {
  /** Null when nobody has to write any down. */
  readonly view: View<readonly string[] | null>
  /** Takes in what the store holds. */
  refresh(): Promise<void>
  /** They are in nothing of this device any more when it resolves. */
  forget(): Promise<void>
  close(): void
}

const key = 'words'

export function wordsRecord(words: readonly string[] | null) {
  return { collection: collections.account, key, value: words && jsonBytes(words) }
}

export async function openKeptWords(store: LogStore): Promise<KeptWords> {
  const cell = makeCell<readonly string[] | null>(null)
  let isClosed = false
  const refresh = async (): Promise<void> => {
    const kept = (await readJson(store, collections.account, key)) as readonly string[] | null
    if (!isClosed && kept?.join(' ') !== cell.read()?.join(' ')) cell.set(kept)
  }
  await refresh()
  const stop = store.watch((change) => {
    // Another tab made the account, or has its words written down.
    if ('collection' in change && change.collection === collections.account) void refresh().catch(() => undefined)
  })
  return {
    view: cell,
    refresh,
    forget: async () => {
      await store.putRecords([wordsRecord(null)])
      await refresh()
    },
    close: () => {
      isClosed = true
      stop()
    },
  }
}
