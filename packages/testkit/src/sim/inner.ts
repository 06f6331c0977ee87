/** Opens an envelope by docs/PROTOCOL.md, written a second time: nothing here is the engine's. */
import { concatBytes, encodeUtf8, idToBytes, makeByteReader } from '@poruch/base'
import type { Bytes, DeviceId, EpochId, TopicId } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import { envelopeKinds } from '@poruch/sync/wire'
import type { Envelope } from '@poruch/sync/wire'

export interface Inner {
  readonly n: number
  readonly updates: readonly Bytes[]
}

export interface InnerQuestion {
  readonly suite: Suite
  readonly topic: TopicId
  readonly epoch: EpochId
  readonly device: DeviceId
  /** The epoch's key. */
  readonly secret: Bytes
  readonly context: Bytes
  readonly envelope: Envelope
}

/** Null when the key does not open it. */
export async function openInner({ suite, topic, epoch, device, secret, context, envelope }: InnerQuestion): Promise<Inner | null> {
  const { header, headerBytes, ct } = envelope
  const info = concatBytes(encodeUtf8('msg v1'), idToBytes(epoch), Uint8Array.of(header.kind), idToBytes(device))
  const key = await suite.deriveAeadKey(secret, idToBytes(topic), info)
  const padded = await suite.open(key, header.nonce, concatBytes(context, headerBytes), ct)
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
