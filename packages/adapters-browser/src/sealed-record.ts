/** Seals small named values at rest, each bound to its place: values moved to another name do not open. */
import { BaseError, makeByteReader, makeByteWriter, encodeUtf8, parseUtf8 } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { AdapterError } from './errors.ts'

/** Encrypts and authenticates under a key of this device; built by the caller, who knows the ciphers. */
export interface Sealer {
  seal(plain: Bytes): Promise<Bytes>
  /** The plain bytes, or null when they were not sealed by this key or were changed. */
  open(sealed: Bytes): Promise<Bytes | null>
}

const maxNameBytes = 0xffff // what its length field holds

/** The value sealed together with its collection and key. */
export function sealRecord(sealer: Sealer, place: { readonly collection: string; readonly key: string }, value: Bytes): Promise<Bytes> {
  return sealer.seal(makeByteWriter().bytes16(encodeUtf8(place.collection)).bytes16(encodeUtf8(place.key)).raw(value).done())
}

/** @throws AdapterError `damaged-record` when it does not open, or was sealed for another place */
export async function openRecord(
  sealer: Sealer,
  place: { readonly collection: string; readonly key: string },
  sealed: Bytes,
): Promise<Bytes> {
  const plain = await sealer.open(sealed)
  if (!plain) throw new AdapterError('damaged-record', `a value of ${sealed.length} bytes in ${place.collection} does not open`)
  try {
    const reader = makeByteReader(plain)
    const collection = parseUtf8(reader.bytes16(maxNameBytes))
    const key = parseUtf8(reader.bytes16(maxNameBytes))
    if (collection === place.collection && key === place.key) return reader.rest()
  } catch (thrown) {
    if (!(thrown instanceof BaseError)) throw thrown
  }
  throw new AdapterError('damaged-record', `a value in ${place.collection} was sealed for another place`)
}
