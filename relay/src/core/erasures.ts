/** Takes the content of erased envelopes off the disk: what is left of each says by what right. */
import type { Bytes, EnvelopeId, TopicId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { decodeEnvelope, decodeProof, encodeErased, encodeProof, envelopeKinds, isErasedForm, splitErase } from '@poruch/sync/wire'
import type { CheckedEnvelope, EraseTarget } from '@poruch/sync/wire'
import type { CorePorts } from './ports.ts'
import { allSideRows } from './side-rows.ts'

/** Copies of envelopes beside the order. */
export interface Copies {
  /** Puts what `leave` gives in the place of the copy of this envelope, where one is here; null leaves it as it is. */
  erase(topic: TopicId, target: EraseTarget, leave: (envelope: Bytes) => Promise<Bytes | null>): Promise<void>
}

export interface Erasures {
  /** Reads what is kept, and ends what a crash interrupted. */
  load(): Promise<void>
  /** Remembers what an Erase that stands names. Durable when it resolves: before the Erase itself is. */
  note(topic: TopicId, target: EraseTarget, erase: Pick<CheckedEnvelope, 'prev'> & { readonly bytes: Bytes }): Promise<void>
  /** Takes the content, where it is here. */
  settle(topic: TopicId, target: EraseTarget): Promise<void>
  /** What is to be kept of an envelope that comes in, wherever. */
  formOf(topic: TopicId, id: EnvelopeId, envelope: Bytes): Promise<Bytes>
}

const collection = 'erase'
/** One group that names the topics. */
const topicsCollection = 'erased'

export function makeErasures({ log, suite, note: tell }: CorePorts, copies: readonly Copies[]): Erasures {
  /** Proofs by the id of what was erased. */
  const topics = new Map<TopicId, Map<EnvelopeId, Kept>>()
  const remember = (topic: TopicId, id: EnvelopeId, kept: Kept): void => {
    topics.set(topic, (topics.get(topic) ?? new Map<EnvelopeId, Kept>()).set(id, kept))
  }
  const settle: Erasures['settle'] = async (topic, target) => {
    const { device, seq, id } = target
    const kept = topics.get(topic)?.get(id)
    if (!kept) return
    const leave = async (envelope: Bytes): Promise<Bytes | null> =>
      isErasedForm(envelope) ? null : erasedForm(suite, envelope, kept.proof)
    for (const each of copies) await each.erase(topic, target, leave)
    const row = await log.chainAt(topic, device, seq)
    const left = row?.id === id ? await leave(row.bytes) : null
    if (left === null) return
    await log.erase(topic, id, left)
    tell?.('erased')
  }
  return {
    settle,
    load: async () => {
      for (const { key } of await allSideRows(log, topicsCollection, '')) {
        const topic = key as TopicId
        for (const { key: id, value } of await allSideRows(log, collection, key)) {
          const kept = keptOf(value)
          if (!kept) continue
          remember(topic, id as EnvelopeId, kept)
          await settle(topic, { ...kept.place, id: id as EnvelopeId })
        }
      }
    },
    note: async (topic, { device, seq, id }, { prev, bytes }) => {
      if (topics.get(topic)?.has(id)) return
      const proof = encodeProof({ erasePrev: prev, erase: bytes })
      if (!topics.has(topic)) await log.putSide({ collection: topicsCollection, group: '', key: topic, value: Uint8Array.of(1) })
      await log.putSide({ collection, group: topic, key: id, value: proof })
      remember(topic, id, { proof, place: { device, seq } })
    },
    formOf: async (topic, id, envelope) => {
      const kept = topics.get(topic)?.get(id)
      return (kept && !isErasedForm(envelope) && (await erasedForm(suite, envelope, kept.proof))) || envelope
    },
  }
}

interface Kept {
  readonly proof: Bytes
  readonly place: Omit<EraseTarget, 'id'>
}

function keptOf(proof: Bytes): Kept | null {
  const parts = decodeProof(proof)
  const form = parts && decodeEnvelope(parts.erase)
  const target = form?.ok ? splitErase(form.value.ct)?.target : null
  return target ? { proof, place: target } : null
}

/** Null for what has no content that goes: an Erase stays. */
async function erasedForm(suite: Pick<VerifySuite, 'sha256'>, envelope: Bytes, proof: Bytes): Promise<Bytes | null> {
  const form = decodeEnvelope(envelope)
  const parts = decodeProof(proof)
  if (!form.ok || !parts || form.value.header.kind === envelopeKinds.erase) return null
  return encodeErased(form.value, { ctHash: await suite.sha256(form.value.ct), ...parts })
}
