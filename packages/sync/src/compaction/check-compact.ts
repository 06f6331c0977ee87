/** Sealing, signing and judging packs and snapshots: envelopes beside the chains, each naming the one that it follows. */
import { concatBytes, idToBytes } from '@poruch/base'
import type { Bytes, EnvelopeId, TopicId } from '@poruch/base'
import { authorOf, identify, isSigned, refuse } from '../envelope/check.ts'
import type { Author, EnvelopeQuestion, EnvelopeRefusal } from '../envelope/check.ts'
import { envelopeContext, envelopeId, envelopeSignatureDomain } from '../envelope/context.ts'
import { deviceIndexOf, encodeHeader, hintOf } from '../envelope/header.ts'
import type { EpochId, Random } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import type { SealPlace } from '../engine/writer.ts'
import type { Signer } from '../ports.ts'
import { encodeEnds, splitPack } from './pack-ends.ts'
import type { ChainPlace, PackParts } from './pack-ends.ts'

export interface CheckedCompact extends Author {
  readonly id: EnvelopeId
  readonly epoch: EpochId
  readonly context: Bytes
  /** The one of the same kind and topic that it follows, or null. */
  readonly prev: EnvelopeId | null
  /** Where its author says that its chains end. */
  readonly ends: readonly ChainPlace[]
  /** What follows them. */
  readonly sealed: Bytes
}

export type CompactVerdict = { readonly ok: true; readonly value: CheckedCompact } | EnvelopeRefusal

const nothing: PackParts = { ends: [], sealed: new Uint8Array(0) }

/** Form, topic, right, epoch, signature. Says nothing of what is inside, which a relay cannot read. */
export async function checkCompact(question: EnvelopeQuestion & { readonly prev: EnvelopeId | null }): Promise<CompactVerdict> {
  const { suite, authority, topic, prev } = question
  const author = authorOf(question, 'compact')
  if (!author.ok) return author
  const { header, pos, device, sig } = author.value
  if (!authority.mayCompact(topic, device, pos)) return refuse('no-right')
  if (hintOf(prev) !== header.prevHint) return refuse('prev-differs')
  const parts = author.value.replaced ? nothing : splitPack(author.value)
  if (!parts) return refuse('bad-envelope')
  const identified = await identify(question, author.value, prev)
  if (!identified.ok) return identified
  if (!(await isSigned(suite, device, identified.value.id, sig))) return refuse('bad-signature')
  return { ok: true, value: { ...author.value, ...identified.value, ...parts, prev } }
}

export interface CompactPlan {
  readonly suite: Suite
  readonly random: Random
  readonly signer: Signer
  readonly topic: TopicId
  readonly place: SealPlace
  readonly kind: number
  readonly prev: EnvelopeId | null
  /** The largest of what it covers. */
  readonly lamport: number
  /** Of a pack: where its chains end. */
  readonly ends: readonly ChainPlace[]
  /** Padded. */
  readonly inner: Bytes
}

/** The whole envelope and its id. */
export async function sealCompact(plan: CompactPlan): Promise<{ readonly id: EnvelopeId; readonly bytes: Bytes }> {
  const { suite, random, signer, topic, place, kind, prev, lamport, ends } = plan
  const nonce = random.bytes(12)
  const { device } = signer
  const at = { gen: place.epoch.gen, deviceIndex: deviceIndexOf(device), seq: ends.length, pos: place.head.pos, lamport, nonce }
  const headerBytes = encodeHeader({ kind, ...at, prevHint: hintOf(prev), headHint: hintOf(place.head.id) })
  const context = envelopeContext({ scope: place.scope, topic, epoch: place.epoch.id, device, prev, head: place.head.id })
  const sealed = await suite.seal(place.key, nonce, concatBytes(context, headerBytes), plan.inner)
  // The id, which is signed, covers the ends like the rest.
  const ct = concatBytes(encodeEnds(ends), sealed)
  const id = await envelopeId(suite, context, headerBytes, ct)
  return { id, bytes: concatBytes(headerBytes, ct, await signer.sign(envelopeSignatureDomain, idToBytes(id))) }
}
