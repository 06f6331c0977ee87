/** The browser's storage of this device: how much is used, whether the browser may throw it away, and whether it still takes anything. */
import { codeOf, makeCell } from '@poruch/base'
import type { View } from '@poruch/base'
import type { LogStore } from '@poruch/sync'

export interface StorageState {
  readonly usedBytes: number
  /** What the browser would give at most; a guess of its own. */
  readonly quotaBytes: number
  /** False: the browser may clear it when the disk is short. */
  readonly isKept: boolean
}

const askedKey = 'poruch/persist-asked'

/** Null where the browser does not say. */
export async function readStorage(): Promise<StorageState | null> {
  if (!('storage' in navigator)) return null
  const [{ usage = 0, quota = 0 }, isKept] = await Promise.all([navigator.storage.estimate(), navigator.storage.persisted()])
  return { usedBytes: usage, quotaBytes: quota, isKept }
}

/** True when the browser now promises to keep it. Some browsers ask the person. */
export async function keepStorage(): Promise<boolean> {
  return 'storage' in navigator && navigator.storage.persist()
}

/** Whether anything was sent from this device before. */
export function hasSent(): boolean {
  return localStorage.getItem(askedKey) !== null
}

/** Once per device, at the first message sent: by then there is something to lose, and a reason to say yes. */
export async function keepStorageOnce(): Promise<void> {
  if (hasSent()) return
  localStorage.setItem(askedKey, 'yes')
  await keepStorage()
}

/** `full`: the last write found no room, what was there stays · `closed`: the browser took the storage away, or another program the database. */
export type StorageTrouble = 'full' | 'closed'

const trouble = makeCell<StorageTrouble | null>(null)

/** What is wrong with the storage of this device now, for the whole app. */
export const storageTrouble: View<StorageTrouble | null> = trouble

export function noteClosedStorage(): void {
  trouble.set('closed')
}

type Writes = Pick<LogStore, 'append' | 'setState' | 'setCursor' | 'nextCount' | 'putRecords'>

/** The same store; each write says in {@link storageTrouble} whether there was room. */
export function watchRoom<Store extends Writes>(store: Store): Store {
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const result = await work
      if (trouble.read() === 'full') trouble.set(null)
      return result
    } catch (thrown) {
      if (codeOf(thrown) === 'disk-full' && trouble.read() === null) trouble.set('full')
      throw thrown
    }
  }
  const writes: Writes = {
    append: async (topic, expected, row) => watched(store.append(topic, expected, row)),
    setState: async (topic, device, seq, state) => watched(store.setState(topic, device, seq, state)),
    setCursor: async (relay, topic, cursor) => watched(store.setCursor(relay, topic, cursor)),
    nextCount: async (counter) => watched(store.nextCount(counter)),
    putRecords: async (records) => watched(store.putRecords(records)),
  }
  return { ...store, ...writes }
}
