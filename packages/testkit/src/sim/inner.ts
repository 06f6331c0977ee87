/** Opens and seals envelopes by docs/PROTOCOL.md, written a second time: nothing here is the engine's. */
import { concatBytes, encodeUtf8, idFromBytes, idToBytes, makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, EpochId, TopicId } from '@poruch/base'
import type { AeadKey, Suite } from '@poruch/crypto'
import { padmeLength } from '@poruch/crypto/verify'
import { envelopeKinds } from '@poruch/sync/wire'
import type { Envelope } from '@poruch/sync/wire'

export interface Inner {
  readonly n: number
  readonly updates: readonly Bytes[]
}

export interface KeyPlace {
  readonly suite: Suite
  readonly topic: TopicId
  readonly epoch: EpochId
  readonly device: DeviceId
  /** The epoch's key. */
  readonly secret: Bytes
}

export async function envelopeKey({ suite, topic, epoch, device, secret }: KeyPlace, kind: number): Promise<AeadKey> {
  const info = concatBytes(encodeUtf8('msg v1'), idToBytes(epoch), Uint8Array.of(kind), idToBytes(device))
  return suite.deriveAeadKey(secret, idToBytes(topic), info)
}

/** One update that names no deps, padded. */
export function packUpdate(n: number, update: Bytes): Bytes {
  const inner = makeByteWriter().u16(0).u16(n).raw(update).done()
  const padded = new Uint8Array(padmeLength(inner.length + 1))
  padded.set(inner)
  padded[inner.length] = 0x80
  return padded
}

/** The id of an envelope with this context: it hashes the hash of what was sealed, which outlives it. */
export async function idUnder(suite: Suite, context: Bytes, { headerBytes, ct, erased }: Envelope): Promise<EnvelopeId> {
  const ctHash = erased?.ctHash ?? (await suite.sha256(ct))
  return idFromBytes(await suite.hash('poruch/envelope-id v1', context, headerBytes, ctHash))
}

export interface InnerQuestion extends KeyPlace {
  readonly context: Bytes
  readonly envelope: Envelope
}

/** Null when the key does not open it; where the content was erased, and in an Erase, there is nothing to read. */
export async function openInner({ context, envelope, ...place }: InnerQuestion): Promise<Inner | null> {
  const { header, headerBytes, ct, erased } = envelope
  if (erased || header.kind === envelopeKinds.erase) return null
  const key = await envelopeKey(place, header.kind)
  const padded = await place.suite.open(key, header.nonce, concatBytes(context, headerBytes), ct)
  return padded && readInner(header.kind, padded)
}

/** Deps, the clientID counter, then one update or a list of them, then 0x80 and zeros. */
function readInner(kind: number, padded: Bytes): Inner {
  const reader = makeByteReader(padded.subarray(0, padded.lastIndexOf(0x80)))
  for (let deps = reader.u16(); deps > 0; deps--) reader.raw(12)
  const n = reader.u16()
  if (kind === envelopeKinds.update) return { n, updates: [reader.rest()] }
  return { n, updates: Array.from({ length: reader.u16() }, () => reader.bytes32(padded.length)) }
}
