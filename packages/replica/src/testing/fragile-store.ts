/** A store whose device may die after a number of writes, or whose disk may refuse them. */
import { SyncError } from '@poruch/sync'
import type { LogStore } from '@poruch/sync'

export interface FragileStore extends LogStore {
  /** After so many more durable writes nothing works any more, as when the power goes. */
  dieAfter(writes: number): void
  readonly isDead: boolean
  /** Appends and records fail until told otherwise. */
  setFull(full: boolean): void
  /** So many of the next appends fail. */
  failNext(appends: number): void
}

export function makeFragile(store: LogStore, onDeath: () => void): FragileStore {
  let left = Number.POSITIVE_INFINITY
  let dead = false
  let full = false
  let failing = 0
  const live = (): void => {
    if (dead) throw new SyncError('store-closed', 'the device is gone')
  }
  const write = async <T>(run: () => Promise<T>): Promise<T> => {
    live()
    if (full) throw new SyncError('disk-full', 'no room')
    if (left === 0) {
      dead = true
      onDeath()
      live()
    }
    left--
    const result = await run()
    live()
    return result
  }
  const read = async <T>(run: () => Promise<T>): Promise<T> => {
    live()
    return run()
  }
  return {
    dieAfter: (writes) => {
      left = writes
    },
    get isDead() {
      return dead
    },
    setFull: (now) => {
      full = now
    },
    failNext: (appends) => {
      failing = appends
    },
    append: async (topic, expected, row) =>
      write(async () => {
        if (failing-- > 0) throw new SyncError('disk-full', 'no room this time')
        return store.append(topic, expected, row)
      }),
    rebranch: async (topic, inPlaceOf, row) => write(async () => store.rebranch(topic, inPlaceOf, row)),
    erase: async (topic, row) => write(async () => store.erase(topic, row)),
    setState: async (topic, device, seq, state) => write(async () => store.setState(topic, device, seq, state)),
    keepPack: async (topic, pack) => write(async () => store.keepPack(topic, pack)),
    replacePack: async (topic, pack) => write(async () => store.replacePack(topic, pack)),
    packs: async (topic) => read(async () => store.packs(topic)),
    trim: async (topic, ends) => write(async () => store.trim(topic, ends)),
    heads: async (topic) => read(async () => store.heads(topic)),
    read: async (topic, device, fromSeq, limit) => read(async () => store.read(topic, device, fromSeq, limit)),
    topics: async () => read(store.topics),
    cursor: async (relay, topic) => read(async () => store.cursor(relay, topic)),
    setCursor: async (relay, topic, cursor) => write(async () => store.setCursor(relay, topic, cursor)),
    getRecord: async (collection, key) => read(async () => store.getRecord(collection, key)),
    putRecords: async (writes) => write(async () => store.putRecords(writes)),
    listRecords: async (collection) => read(async () => store.listRecords(collection)),
    nextCount: async (counter) => write(async () => store.nextCount(counter)),
    watch: store.watch,
    close: store.close,
  }
}
