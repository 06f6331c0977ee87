/** Envelopes beside the order: what a device signed twice is kept as evidence and given to whoever reads the topic. */
import { concatBytes, idFromBytes, idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { decodeEnvelope, decodeFrame, encodeFrame } from '@poruch/sync/wire'
import type { CheckedEnvelope } from '@poruch/sync/wire'
import { maxForksPerTopic } from './limits.ts'
import type { Copies } from './erasures.ts'
import type { CorePorts } from './ports.ts'
import { allSideRows } from './side-rows.ts'

export interface Branches extends Copies {
  /** Reads what is kept. */
  load(): Promise<void>
  beside(topic: TopicId, device: DeviceId, seq: number): readonly BranchPlace[]
  /** The frame to be told when it was not kept before; null when it was; `full` when no more are kept. Durable when it resolves. */
  keep(topic: TopicId, checked: CheckedEnvelope, envelope: Bytes): Promise<Bytes | null | 'full'>
  /** All that is kept of a topic, as frames. Costs nothing where nothing is. */
  frames(topic: TopicId): Promise<readonly Bytes[]>
}

interface BranchPlace {
  readonly id: EnvelopeId
  readonly device: DeviceId
  readonly seq: number
  readonly pos: number
}

const collection = 'fork'
/** One group that names the topics. */
const topicsCollection = 'forked'
const noPrev = '00'.repeat(32)

export function makeBranches({ log }: CorePorts): Branches {
  const topics = new Map<TopicId, BranchPlace[]>()
  return {
    load: async () => {
      for (const { key } of await allSideRows(log, topicsCollection, '')) {
        const rows = await allSideRows(log, collection, key)
        topics.set(
          key as TopicId,
          rows.flatMap(({ key: id, value }) => placeOf(id as EnvelopeId, value) ?? []),
        )
      }
    },
    beside: (topic, device, seq) => (topics.get(topic) ?? []).filter((place) => place.device === device && place.seq === seq),
    keep: async (topic, { id, device, header, prev, head, epoch }, envelope) => {
      const places = topics.get(topic) ?? []
      if (places.some((place) => place.id === id)) return null
      if (places.length >= maxForksPerTopic) return 'full'
      const frame = encodeFrame({ type: 'CTX', topic, prev: prev ?? noPrev, head, epoch, envelope })
      if (places.length === 0) await log.putSide({ collection: topicsCollection, group: '', key: topic, value: Uint8Array.of(1) })
      await log.putSide({ collection, group: topic, key: id, value: concatBytes(idToBytes(device), frame) })
      topics.set(topic, [...places, { id, device, seq: header.seq, pos: header.pos }])
      return frame
    },
    erase: async (topic, { id }, leave) => {
      if (!topics.get(topic)?.some((place) => place.id === id)) return
      const value = (await allSideRows(log, collection, topic)).find(({ key }) => key === id)?.value
      if (!value) return
      const frame = decodeFrame(value.subarray(32))
      if (!frame.ok || frame.value.type !== 'CTX') return
      const left = await leave(frame.value.envelope)
      if (!left) return
      // Between the two a crash costs the proof, which others hold, and no content comes back.
      await log.deleteSide(collection, topic, id)
      await log.putSide({
        collection,
        group: topic,
        key: id,
        value: concatBytes(value.subarray(0, 32), encodeFrame({ ...frame.value, envelope: left })),
      })
    },
    frames: async (topic) => (topics.has(topic) ? (await allSideRows(log, collection, topic)).map(({ value }) => value.subarray(32)) : []),
  }
}

/** Null for what an older relay kept, without its context. */
function placeOf(id: EnvelopeId, value: Bytes): BranchPlace | null {
  const frame = decodeFrame(value.subarray(32))
  const form = frame.ok && frame.value.type === 'CTX' ? decodeEnvelope(frame.value.envelope) : null
  if (!form?.ok) return null
  return { id, device: idFromBytes<'device'>(value.subarray(0, 32)), seq: form.value.header.seq, pos: form.value.header.pos }
}
