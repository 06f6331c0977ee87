/** Gathers updates into envelopes: the first leaves at once, what follows within the window goes together. */
import type { Bytes, Clock } from '@poruch/base'
import { SyncError } from '../errors.ts'
import { batchWindowMs, maxQueuedSizeBytes, maxQueuedUpdates, maxUpdateSizeBytes } from '../limits.ts'
import type { WritePlan, Written } from './writer.ts'

interface Pending {
  readonly n: number
  readonly update: Bytes
  resolve(written: Written): void
  reject(reason: unknown): void
}

export interface Batches {
  /** Resolves when the envelope that holds the update is durable. @throws SyncError */
  add(n: number, update: Bytes): Promise<Written>
  /** Sends off what waits for the window; resolves when nothing is on its way. */
  flush(): Promise<void>
}

const batchItemOverheadBytes = 4
const maxBatchCount = 0xffff

export function makeBatches(clock: Clock, write: (plan: WritePlan) => Promise<Written>): Batches {
  let pending: Pending[] = []
  let unfinished = 0
  let unfinishedBytes = 0
  let isWindowOpen = false
  const send = async (group: readonly Pending[]): Promise<void> => {
    try {
      const written = await write({ n: group[0]?.n ?? 0, updates: group.map((each) => each.update) })
      for (const each of group) each.resolve(written)
    } catch (thrown) {
      for (const each of group) each.reject(thrown)
    }
    unfinished -= group.length
    unfinishedBytes -= group.reduce((sum, each) => sum + each.update.length, 0)
  }
  const sending = new Set<Promise<void>>()
  const flush = async (): Promise<void> => {
    const groups = groupsOf(pending)
    pending = []
    for (const group of groups) {
      const sent = send(group).finally(() => sending.delete(sent))
      sending.add(sent)
    }
    await Promise.all(sending)
  }
  const openWindow = (): void => {
    isWindowOpen = true
    clock.after(batchWindowMs, () => {
      isWindowOpen = false
      if (pending.length === 0) return
      void flush()
      openWindow()
    })
  }
  return {
    flush,
    add: async (n, update) => {
      if (update.length > maxUpdateSizeBytes) throw new SyncError('too-large', `an update of ${update.length} bytes`)
      if (unfinished >= maxQueuedUpdates || unfinishedBytes + update.length > maxQueuedSizeBytes) {
        throw new SyncError('queue-full', `${unfinished} updates wait`)
      }
      unfinished++
      unfinishedBytes += update.length
      const written = new Promise<Written>((resolve, reject) => {
        pending.push({ n, update, resolve, reject })
      })
      if (!isWindowOpen) {
        void flush()
        openWindow()
      }
      return written
    },
  }
}

/** In order; one envelope per run of the same n that fits. */
function groupsOf(pending: readonly Pending[]): Pending[][] {
  const groups: Pending[][] = []
  let sizeBytes = 0
  for (const each of pending) {
    const size = each.update.length + batchItemOverheadBytes
    const group = groups.at(-1)
    if (group && group[0]?.n === each.n && group.length < maxBatchCount && sizeBytes + size <= maxUpdateSizeBytes) {
      group.push(each)
      sizeBytes += size
    } else {
      groups.push([each])
      sizeBytes = size
    }
  }
  return groups
}
