/** Entries of stretches of the log that owners have left: what was written on them is checked with these. */
import { encodeUtf8 } from '@poruch/base'
import type { Bytes, EntryId } from '@poruch/base'
import type { LogStore } from '@poruch/sync'
import { collections, positionKey } from './records.ts'

export interface LeftEntries {
  /** One that begins so, or null. */
  find(pos: number, hint: string): EntryId | null
  /** Durable when it resolves; nothing when one is known that begins like it, or too many are. */
  note(pos: number, id: EntryId): Promise<void>
  /** What keeps these. */
  recordsOf(entries: readonly { readonly pos: number; readonly id: EntryId | null }[]): readonly StoreWrite[]
  refresh(): Promise<void>
}

interface StoreWrite {
  readonly collection: string
  readonly key: string
  readonly value: Bytes
}

/** Whoever signs more of them than there ever were must not fill the disk. */
const maxLeftEntries = 4096
const digits = 10
const hintCharacters = 8

export async function openLeftEntries(store: LogStore): Promise<LeftEntries> {
  const known = new Map<string, EntryId>()
  const keyOf = (pos: number, hint: string): string => `${pos}/${hint.slice(0, hintCharacters)}`
  const recordOf = (pos: number, id: EntryId): StoreWrite => {
    return { collection: collections.leftHeads, key: `${positionKey(pos)}/${id}`, value: encodeUtf8('1') }
  }
  const refresh = async (): Promise<void> => {
    for (const { key } of await store.listRecords(collections.leftHeads)) {
      const id = key.slice(digits + 1) as EntryId
      known.set(keyOf(Number(key.slice(0, digits)), id), id)
    }
  }
  await refresh()
  return {
    refresh,
    find: (pos, hint) => known.get(keyOf(pos, hint)) ?? null,
    note: async (pos, id) => {
      if (known.has(keyOf(pos, id)) || known.size >= maxLeftEntries) return
      await store.putRecords([recordOf(pos, id)])
      known.set(keyOf(pos, id), id)
    },
    recordsOf: (entries) => entries.flatMap(({ pos, id }) => (id === null ? [] : [recordOf(pos, id)])),
  }
}
