/** Entries of stretches of the log that owners have left, and epochs opened there: what was written on them is checked with these. */
import { encodeUtf8, idFromBytes, idToBytes } from '@poruch/base'
import type { Bytes, EntryId, EpochId } from '@poruch/base'
import type { LeftHead, LogStore } from '@poruch/sync'
import { collections, positionKey } from './records.ts'

export interface LeftEntries {
  /** One that begins so, or null. */
  find(pos: number, hint: string): EntryId | null
  /** The epoch of that gen on the same stretch, or null. */
  epochOf(head: EntryId, gen: number): EpochId | null
  /** Durable when it resolves; nothing when one is known that begins like it, or too many are. */
  note(left: LeftHead): Promise<void>
  /** What keeps these entries, and the epochs among them. */
  recordsOf(entries: readonly { readonly pos: number; readonly id: EntryId | null }[], epochs: readonly EpochPlace[]): readonly StoreWrite[]
  refresh(): Promise<void>
}

interface EpochPlace {
  readonly gen: number
  readonly id: EpochId
  readonly pos: number
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
  const epochs = new Map<string, EpochId>()
  const epochRecord = (head: EntryId, { gen, id }: Omit<EpochPlace, 'pos'>): StoreWrite => {
    return { collection: collections.leftEpochs, key: `${head}/${gen}`, value: idToBytes(id) }
  }
  const refresh = async (): Promise<void> => {
    for (const { key } of await store.listRecords(collections.leftHeads)) {
      const id = key.slice(digits + 1) as EntryId
      known.set(keyOf(Number(key.slice(0, digits)), id), id)
    }
    for (const { key, value } of await store.listRecords(collections.leftEpochs)) epochs.set(key, idFromBytes<'epoch'>(value))
  }
  await refresh()
  return {
    refresh,
    find: (pos, hint) => known.get(keyOf(pos, hint)) ?? null,
    epochOf: (head, gen) => epochs.get(`${head}/${gen}`) ?? null,
    note: async ({ pos, head, epoch }) => {
      const isKnown = known.has(keyOf(pos, head))
      const isEpochKnown = epoch === null || epochs.has(`${head}/${epoch.gen}`)
      if ((isKnown && isEpochKnown) || known.size + epochs.size >= maxLeftEntries) return
      await store.putRecords([recordOf(pos, head), ...(epoch ? [epochRecord(head, epoch)] : [])])
      if (!isKnown) known.set(keyOf(pos, head), head)
      if (epoch && !isEpochKnown) epochs.set(`${head}/${epoch.gen}`, epoch.id)
    },
    recordsOf: (entries, among) =>
      entries.flatMap(({ pos, id }) => {
        if (id === null) return []
        // Those of the stretch itself: what was opened before it the log has still.
        const own = among.filter((epoch) => epoch.pos <= pos && epoch.pos >= (entries[0]?.pos ?? 0))
        return [recordOf(pos, id), ...own.map((epoch) => epochRecord(id, epoch))]
      }),
  }
}
