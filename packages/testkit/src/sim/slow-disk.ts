/** A disk that takes its time, so that a crash may come before a write, or between the write and its answer. */
import type { LogStore } from '@poruch/sync'
import type { Chance } from './chance.ts'
import type { Life } from './device.ts'

/** Of writes, those that take time. */
const slowWrites = 0.3
export const maxWriteMs = 12

export interface SlowDiskOptions {
  readonly store: LogStore
  readonly life: Life
  readonly chance: Chance
  /** Hears of each write; true makes it take its time, so that something may come in between. */
  onWrite(): boolean
}

/** One operation after another, as transactions over the same stores are. Of a run that has ended, none is answered. */
export function slowDisk({ store, life, chance, onWrite }: SlowDiskOptions): LogStore {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = async <T>(run: () => Promise<T>): Promise<T> => {
    const next = last.then(run)
    last = next.catch(() => undefined)
    return next
  }
  const pause = async (isSlow: boolean): Promise<void> => life.sleep(isSlow || chance.flip(slowWrites) ? chance.between(1, maxWriteMs) : 0)
  const read = async <T>(run: () => Promise<T>): Promise<T> =>
    inTurn(async () => {
      await life.sleep(0)
      return run()
    })
  const write = async <T>(run: () => Promise<T>): Promise<T> =>
    inTurn(async () => {
      const isSlow = onWrite()
      await pause(isSlow)
      const result = await run()
      await pause(isSlow)
      return result
    })
  return {
    append: async (topic, expected, row) => write(async () => store.append(topic, expected, row)),
    rebranch: async (topic, inPlaceOf, row) => write(async () => store.rebranch(topic, inPlaceOf, row)),
    erase: async (topic, row) => write(async () => store.erase(topic, row)),
    setState: async (topic, device, seq, state) => write(async () => store.setState(topic, device, seq, state)),
    keepPack: async (topic, pack) => write(async () => store.keepPack(topic, pack)),
    replacePack: async (topic, pack) => write(async () => store.replacePack(topic, pack)),
    packs: async (topic) => read(async () => store.packs(topic)),
    trim: async (topic, ends) => write(async () => store.trim(topic, ends)),
    heads: async (topic) => read(async () => store.heads(topic)),
    read: async (topic, device, fromSeq, limit) => read(async () => store.read(topic, device, fromSeq, limit)),
    topics: async () => read(async () => store.topics()),
    cursor: async (relay, topic) => read(async () => store.cursor(relay, topic)),
    setCursor: async (relay, topic, cursor) => write(async () => store.setCursor(relay, topic, cursor)),
    getRecord: async (collection, key) => read(async () => store.getRecord(collection, key)),
    putRecords: async (writes) => write(async () => store.putRecords(writes)),
    listRecords: async (collection) => read(async () => store.listRecords(collection)),
    nextCount: async (counter) => write(async () => store.nextCount(counter)),
    watch: (changed) =>
      store.watch((change) => {
        if (life.alive()) changed(change)
      }),
    close: async () => store.close(),
  }
}
