/** Entries of stretches of a log that owners have left: learnt from envelopes that were written on them, kept, and told to who reads the topic. */
import type { Bytes, EntryId, EnvelopeId, EpochId, ScopeId, TopicId } from '@poruch/base'
import { decodeEnvelope, decodeFrame, deviceIndexOf, encodeFrame, envelopeContext, envelopeId } from '@poruch/sync/wire'
import type { FrameOf } from '@poruch/sync/wire'
import { maxLeftHeadsPerTopic } from './limits.ts'
import type { Copies } from './erasures.ts'
import type { CorePorts } from './ports.ts'
import { allSideRows } from './side-rows.ts'

export interface LeftHeads extends Copies {
  find(scope: ScopeId, pos: number, hint: string): EntryId | null
  /** The epoch that an envelope of that gen on that entry was sealed under, as its author has signed it; or null. */
  epochOf(scope: ScopeId, head: EntryId, gen: number): EpochId | null
  load(scopeOf: (topic: TopicId) => ScopeId | null): Promise<void>
  /** The frame to be told when it was not known in this topic before. Durable when it resolves. */
  note(scope: ScopeId, frame: FrameOf<'CTX'>, pos: number): Promise<Bytes | null>
  /** All of a topic, as frames. Costs nothing where nothing is. */
  frames(topic: TopicId): readonly Bytes[]
}

const collection = 'left'
const topicsCollection = 'left-topics'
const hintCharacters = 8
const noPrev = '00'.repeat(32)

interface Place {
  readonly pos: number
  readonly gen: number
  /** Of its record. */
  readonly key: string
  readonly bytes: Bytes
}

export function makeLeftHeads({ log, suite }: CorePorts): LeftHeads {
  const heads = new Map<string, EntryId>()
  const scopes = new Map<TopicId, ScopeId>()
  const topics = new Map<TopicId, Map<string, Bytes>>()
  const keyOf = (scope: ScopeId, pos: number, hint: string): string => `${scope} ${pos} ${hint.slice(0, hintCharacters)}`
  const epochs = new Map<string, EpochId>()
  const remember = (scope: ScopeId, { topic, head, epoch }: FrameOf<'CTX'>, place: Place): void => {
    const { pos, gen, key, bytes } = place
    scopes.set(topic, scope)
    if (!heads.has(keyOf(scope, pos, head))) heads.set(keyOf(scope, pos, head), head)
    if (!epochs.has(`${scope} ${head} ${gen}`)) epochs.set(`${scope} ${head} ${gen}`, epoch)
    topics.set(topic, (topics.get(topic) ?? new Map<string, Bytes>()).set(key, bytes))
  }
  return {
    find: (scope, pos, hint) => heads.get(keyOf(scope, pos, hint)) ?? null,
    epochOf: (scope, head, gen) => epochs.get(`${scope} ${head} ${gen}`) ?? null,
    load: async (scopeOf) => {
      for (const { key: topic } of await allSideRows(log, topicsCollection, '')) {
        const scope = scopeOf(topic as TopicId)
        for (const { key, value } of await log.readSide(collection, topic, 0, maxLeftHeadsPerTopic)) {
          const frame = decodeFrame(value)
          const form = frame.ok && frame.value.type === 'CTX' ? decodeEnvelope(frame.value.envelope) : null
          if (scope && frame.ok && frame.value.type === 'CTX' && form?.ok)
            remember(scope, frame.value, { pos: form.value.header.pos, gen: form.value.header.gen, key, bytes: value })
        }
      }
    },
    note: async (scope, frame, pos) => {
      const known = topics.get(frame.topic)
      const form = decodeEnvelope(frame.envelope)
      const gen = form.ok ? form.value.header.gen : 0
      // Rows of earlier versions are named by the entry alone.
      const key = `${frame.head}/${gen}`
      const isOfEarlier = known?.has(frame.head) && epochs.has(`${scope} ${key.replace('/', ' ')}`)
      if (known?.has(key) || isOfEarlier || (known?.size ?? 0) >= maxLeftHeadsPerTopic) return null
      const bytes = encodeFrame(frame)
      if (!known) await log.putSide({ collection: topicsCollection, group: '', key: frame.topic, value: Uint8Array.of(1) })
      await log.putSide({ collection, group: frame.topic, key, value: bytes })
      remember(scope, frame, { pos, gen, key, bytes })
      return bytes
    },
    erase: async (topic, { device, seq, id }, leave) => {
      const scope = scopes.get(topic)
      for (const [key, bytes] of topics.get(topic) ?? []) {
        const frame = decodeFrame(bytes)
        if (!scope || !frame.ok || frame.value.type !== 'CTX') continue
        const { envelope, prev, epoch } = frame.value
        const form = decodeEnvelope(envelope)
        if (!form.ok || form.value.header.seq !== seq || form.value.header.deviceIndex !== deviceIndexOf(device)) continue
        const before = prev === noPrev ? null : (prev as EnvelopeId)
        const context = envelopeContext({ scope, topic, epoch, device, prev: before, head: frame.value.head })
        const left = (await envelopeId(suite, context, form.value.headerBytes, form.value.ct)) === id ? await leave(envelope) : null
        if (!left) continue
        const value = encodeFrame({ ...frame.value, envelope: left })
        // Between the two a crash costs the entry's id, which others hold, and no content comes back.
        await log.deleteSide(collection, topic, key)
        await log.putSide({ collection, group: topic, key, value })
        topics.get(topic)?.set(key, value)
      }
    },
    frames: (topic) => [...(topics.get(topic)?.values() ?? [])],
  }
}
