/** Erasure in bytes: what an Erase names in the clear, and what is left of an envelope that was erased. */
import { concatBytes, idFromBytes, idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId } from '@poruch/base'

/** The envelope that an Erase takes the content of. */
export interface EraseTarget {
  readonly device: DeviceId
  readonly seq: number
  readonly id: EnvelopeId
}

/** In place of sealed content: its hash, and by what right it is gone. */
export interface ErasedContent {
  readonly ctHash: Bytes
  /** The id before the Erase on its author's chain, or null at its start. */
  readonly erasePrev: EnvelopeId | null
  /** The whole Erase. */
  readonly erase: Bytes
}

const targetSizeBytes = 68
const hashSizeBytes = 32
const noPrev = new Uint8Array(32)

/** Stands in front of the sealed part of an Erase: a relay reads it, too. */
export function encodeTarget({ device, seq, id }: EraseTarget): Bytes {
  const place = new Uint8Array(4)
  new DataView(place.buffer).setUint32(0, seq)
  return concatBytes(idToBytes(device), place, idToBytes(id))
}

/** Null for what is too short to name anything. */
export function splitErase(ct: Uint8Array): { readonly target: EraseTarget; readonly sealed: Bytes } | null {
  if (ct.length < targetSizeBytes) return null
  const seq = new DataView(ct.buffer, ct.byteOffset).getUint32(32)
  const target = { device: idFromBytes<'device'>(ct.subarray(0, 32)), seq, id: idFromBytes<'envelope'>(ct.subarray(36, 68)) }
  return seq > 0 ? { target, sealed: new Uint8Array(ct.subarray(targetSizeBytes)) } : null
}

/** The proof behind hash and signature, as packs keep it, too. */
export function encodeProof({ erasePrev, erase }: Pick<ErasedContent, 'erasePrev' | 'erase'>): Bytes {
  return concatBytes(erasePrev === null ? noPrev : idToBytes(erasePrev), erase)
}

/** Null for what is too short. */
export function decodeProof(bytes: Uint8Array): Pick<ErasedContent, 'erasePrev' | 'erase'> | null {
  if (bytes.length <= hashSizeBytes) return null
  const prev = bytes.subarray(0, hashSizeBytes)
  const erasePrev = prev.some((byte) => byte > 0) ? idFromBytes<'envelope'>(prev) : null
  return { erasePrev, erase: new Uint8Array(bytes.subarray(hashSizeBytes)) }
}
