/** Gathers updates into envelopes: the first leaves at once, what follows within the window goes together. */
import { makeSerial } from '@poruch/base'
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
  /**
   * Resolves when the envelope that holds the update is durable. Once one has failed, all later ones of its n fail with it: they were
   * made upon it, and no reader could use them. @throws SyncError
   */
  add(n: number, update: Bytes): Promise<Written>
  /** Sends off what waits for the window; resolves when nothing is on its way. */
  flush(): Promise<void>
}

/** The last n of which something failed: a caller takes another one then. */
interface Failure {
  readonly n: number
  readonly thrown: unknown
}

const batchItemOverheadBytes = 4
const maxBatchCount = 0xffff

export function makeBatches(clock: Clock, write: (plan: WritePlan) => Promise<Written>): Batches {
  let pending: Pending[] = []
  let unfinished = 0
  let unfinishedBytes = 0
  let isWindowOpen = false
  /** Under these n nothing more is taken, and nothing more is sent of what was taken. */
  let [refused, failed]: (Failure | null)[] = [null, null]
  const refuse = (n: number, thrown: SyncError): SyncError => {
    refused = { n, thrown }
    return thrown
  }
  const send = async (group: readonly Pending[]): Promise<void> => {
    const n = group[0]?.n ?? 0
    try {
      if (failed?.n === n) throw failed.thrown
      const written = await write({ n, updates: group.map((each) => each.update) })
      for (const each of group) each.resolve(written)
    } catch (thrown) {
      failed = { n, thrown }
      refused = failed
      for (const each of group) each.reject(thrown)
    }
    unfinished -= group.length
    unfinishedBytes -= group.reduce((sum, each) => sum + each.update.length, 0)
  }
  const sending = new Set<Promise<void>>()
  const serial = makeSerial()
  const flush = async (): Promise<void> => {
    const groups = groupsOf(pending)
    pending = []
    for (const group of groups) {
      const sent = serial.run(async () => send(group)).finally(() => sending.delete(sent))
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
      if (refused?.n === n) throw refused.thrown
      if (update.length > maxUpdateSizeBytes) throw refuse(n, new SyncError('too-large', `an update of ${update.length} bytes`))
      if (unfinished >= maxQueuedUpdates || unfinishedBytes + update.length > maxQueuedSizeBytes) {
        throw refuse(n, new SyncError('queue-full', `${unfinished} updates wait`))
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
