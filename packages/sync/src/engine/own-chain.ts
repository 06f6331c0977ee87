/** Whether this device is a copy: its own chain was found to go on elsewhere, so what it writes would be a second history. */
import { makeEmitter } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import { SyncError } from '../errors.ts'
import type { LogStore } from '../ports.ts'
import type { SyncLog } from './core.ts'

export interface OwnChain {
  /** An envelope of this device that it has not written here. Kept for ever: only new keys end it. */
  foundElsewhere(topic: TopicId): Promise<void>
  /** @throws SyncError `chain-elsewhere` */
  mustBeOwn(): Promise<void>
  /** Called once, also when it was found in an earlier session. */
  onElsewhere(listener: () => void): () => void
}

const collection = 'own-chain'
const key = 'elsewhere'

export function makeOwnChain(store: LogStore, log: SyncLog): OwnChain {
  const found = makeEmitter<void>((thrown) => log('listener-failed', { error: String(thrown) }))
  let known: Promise<boolean> | null = null
  const isCopy = async (): Promise<boolean> => {
    known ??= store.getRecord(collection, key).then((value) => value !== null)
    return known
  }
  return {
    foundElsewhere: async (topic) => {
      if (await isCopy()) return
      known = Promise.resolve(true)
      log('chain-elsewhere', { topic })
      found.emit()
      await store.putRecords([{ collection, key, value: Uint8Array.of(1) }])
    },
    mustBeOwn: async () => {
      if (await isCopy()) throw new SyncError('chain-elsewhere', 'this device went on elsewhere')
    },
    onElsewhere: (listener) => {
      const stop = found.subscribe(listener)
      isCopy()
        .then((is) => (is ? listener() : undefined))
        .catch((thrown: unknown) => log('own-chain-not-read', { error: String(thrown) }))
      return stop
    },
  }
}
