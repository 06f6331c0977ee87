/** What both sides of an envelope know: it is signed and never sent. */
import { concatBytes, encodeUtf8, idFromBytes, idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, EnvelopeId, EpochId, ScopeId, TopicId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'

export const envelopeSignatureDomain = 'poruch/envelope-sig v1'
const contextDomain = encodeUtf8('poruch/envelope v1')
const idTag = 'poruch/envelope-id v1'
const noPrev = new Uint8Array(32)

export interface ContextParts {
  readonly scope: ScopeId
  readonly topic: TopicId
  readonly epoch: EpochId
  readonly device: DeviceId
  /** Null at seq 1 and for an ephemeral. */
  readonly prev: EnvelopeId | null
  /** The entry at the header's `pos`. */
  readonly head: EntryId
}

/** The signed context of an envelope. @throws BaseError `bad-id` */
export function envelopeContext(parts: ContextParts): Bytes {
  const { scope, topic, epoch, device, prev, head } = parts
  return concatBytes(
    contextDomain,
    idToBytes(scope),
    idToBytes(topic),
    idToBytes(epoch),
    idToBytes(device),
    prev === null ? noPrev : idToBytes(prev),
    idToBytes(head),
  )
}

/** The id of an envelope: its signature covers exactly this. */
export async function envelopeId(suite: VerifySuite, context: Uint8Array, headerBytes: Uint8Array, ct: Uint8Array): Promise<EnvelopeId> {
  return envelopeIdOfHash(suite, { context, headerBytes, ctHash: await suite.sha256(ct) })
}

/** The same where only the hash of the sealed content is left. */
export async function envelopeIdOfHash(
  suite: VerifySuite,
  { context, headerBytes, ctHash }: { readonly context: Uint8Array; readonly headerBytes: Uint8Array; readonly ctHash: Uint8Array },
): Promise<EnvelopeId> {
  return idFromBytes<'envelope'>(await suite.hash(idTag, context, headerBytes, ctHash))
}
