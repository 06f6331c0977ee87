/** Sealing, signing and opening envelopes: the one place of sync where content is in the clear. */
import { concatBytes, encodeUtf8, idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, EnvelopeId, EpochId, Random, ScopeId, TopicId } from '@poruch/base'
import type { AeadKey, Suite } from '@poruch/crypto'
import { maxCachedKeys } from '../limits.ts'
import type { Authority, Signer } from '../ports.ts'
import { envelopeContext, envelopeId, envelopeSignatureDomain } from './context.ts'
import { deviceIndexOf, encodeHeader, hintOf } from './header.ts'

const nonceSizeBytes = 12
const keyInfo = encodeUtf8('msg v1')

export interface KeyPlace {
  readonly topic: TopicId
  readonly epoch: EpochId
  readonly kind: number
  readonly device: DeviceId
}

/** The keys of envelopes, derived once each and kept while they are in use. */
export interface EnvelopeKeys {
  /** Null when this device cannot open the epoch. */
  keyOf(place: KeyPlace): Promise<AeadKey | null>
}

export function makeEnvelopeKeys(suite: Suite, authority: Pick<Authority, 'epochKey'>): EnvelopeKeys {
  const cached = new Map<string, AeadKey>()
  return {
    keyOf: async ({ topic, epoch, kind, device }) => {
      const name = `${topic} ${epoch} ${kind} ${device}`
      const known = cached.get(name)
      if (known) return known
      const secret = await authority.epochKey(topic, epoch)
      if (!secret) return null
      const info = concatBytes(keyInfo, idToBytes(epoch), Uint8Array.of(kind), idToBytes(device))
      const key = await suite.deriveAeadKey(secret, idToBytes(topic), info)
      const [oldest] = cached.keys()
      if (cached.size >= maxCachedKeys && oldest !== undefined) cached.delete(oldest)
      cached.set(name, key)
      return key
    },
  }
}

export interface SealPlan {
  readonly suite: Suite
  readonly random: Random
  readonly signer: Signer
  readonly scope: ScopeId
  readonly topic: TopicId
  readonly head: { readonly pos: number; readonly id: EntryId }
  readonly epoch: { readonly gen: number; readonly id: EpochId }
  readonly kind: number
  readonly seq: number
  readonly prev: EnvelopeId | null
  readonly lamport: number
  readonly key: AeadKey
  /** Encoded and padded. */
  readonly inner: Bytes
  /** What stands in the clear before the sealed part. */
  readonly prefix?: Bytes
}

/** A whole envelope and its id. A fresh nonce each time: a plan that lost its place is sealed again from the start. */
export async function sealEnvelope(plan: SealPlan): Promise<{ readonly id: EnvelopeId; readonly bytes: Bytes }> {
  const { suite, signer, scope, topic, head, epoch, prev } = plan
  const nonce = plan.random.bytes(nonceSizeBytes)
  const header = encodeHeader({
    kind: plan.kind,
    gen: epoch.gen,
    deviceIndex: deviceIndexOf(signer.device),
    seq: plan.seq,
    pos: head.pos,
    lamport: plan.lamport,
    nonce,
    prevHint: hintOf(prev),
    headHint: hintOf(head.id),
  })
  const context = envelopeContext({ scope, topic, epoch: epoch.id, device: signer.device, prev, head: head.id })
  const sealed = await suite.seal(plan.key, nonce, concatBytes(context, header), plan.inner)
  const ct = plan.prefix ? concatBytes(plan.prefix, sealed) : sealed
  const id = await envelopeId(suite, context, header, ct)
  return { id, bytes: concatBytes(header, ct, await signer.sign(envelopeSignatureDomain, idToBytes(id))) }
}

export interface SealedParts {
  readonly nonce: Bytes
  readonly context: Bytes
  readonly headerBytes: Bytes
  readonly ct: Bytes
}

/** The padded inner part, or null when it does not open. */
export async function openSeal(suite: Suite, key: AeadKey, parts: SealedParts): Promise<Bytes | null> {
  return suite.open(key, parts.nonce, concatBytes(parts.context, parts.headerBytes), parts.ct)
}
