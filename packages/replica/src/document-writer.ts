/** Runs commands on documents and makes them durable; what cannot be kept is taken out of the document again. */
import { makeSerial } from '@poruch/base'
import type { DeviceId, Serial, TopicId } from '@poruch/base'
import { SyncError } from '@poruch/sync'
import type { Authority, Sync } from '@poruch/sync'
import type { Documents } from './documents.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaErrorCode } from './errors.ts'

export interface DocumentWriter {
  /** Commands of a topic run in the order of the calls; each is durable here when its own promise resolves. @throws ReplicaError */
  write(topic: TopicId, command: Parameters<Documents['edit']>[1]): Promise<void>
  /** Takes the content of one envelope away, for everybody. @throws ReplicaError */
  erase(topic: TopicId, place: { readonly device: DeviceId; readonly seq: number }): Promise<void>
}

export interface DocumentWriterOptions {
  readonly documents: Documents
  readonly sync: Sync
  readonly authority: Pick<Authority, 'writingEpoch'>
}

export function makeDocumentWriter({ documents, sync, authority }: DocumentWriterOptions): DocumentWriter {
  const serials = new Map<TopicId, Serial>()
  const serialOf = (topic: TopicId): Serial => {
    const serial = serials.get(topic) ?? makeSerial()
    serials.set(topic, serial)
    return serial
  }
  /** Shown at once, and on its way to the log: the next command need not wait for the disk. */
  const begin = async (topic: TopicId, command: Parameters<Documents['edit']>[1]): Promise<{ readonly done: Promise<unknown> }> => {
    await sync.openTopic(topic)
    // Asked before the document is touched: an edit that is taken back costs a clientID.
    const epoch = await authority.writingEpoch(topic)
    if ('waiting' in epoch) throw new SyncError(epoch.waiting, 'nothing can be written now')
    const { n, update } = await documents.edit(topic, command)
    return { done: sync.write(topic, n, update).catch(async (thrown: unknown) => takeBack(topic, thrown)) }
  }
  const takeBack = async (topic: TopicId, thrown: unknown): Promise<never> => {
    await sync.rebuild(topic)
    throw thrown
  }
  return {
    write: async (topic, command) => {
      try {
        const { done } = await serialOf(topic).run(async () => begin(topic, command))
        await done
      } catch (thrown) {
        throw asReplicaError(thrown)
      }
    },
    erase: async (topic, place) => {
      try {
        // After what is on its way to the log: the document is built anew, and would lose it.
        await serialOf(topic).run(async () => sync.erase(topic, place))
      } catch (thrown) {
        throw asReplicaError(thrown)
      }
    },
  }
}

const codes: Readonly<Partial<Record<SyncError['code'], ReplicaErrorCode>>> = {
  'no-key': 'waiting-for-key',
  'epoch-due': 'waiting-for-key',
  'no-right': 'read-only',
  'unknown-topic': 'read-only',
  'disk-full': 'disk-full',
  'too-large': 'too-long',
  closed: 'closed',
  'store-closed': 'closed',
}

/** Faults of sync by the codes that a screen knows; all others are passed on as they are. */
export function asReplicaError(thrown: unknown): unknown {
  if (!(thrown instanceof SyncError)) return thrown
  return new ReplicaError(codes[thrown.code] ?? 'refused', thrown.message, { cause: thrown, reason: thrown.code })
}
