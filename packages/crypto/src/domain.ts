/** Domain separation: nothing signed or hashed for one purpose can be taken for another. */
import { concatBytes, encodeUtf8 } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { CryptoError } from './errors.ts'
import { maxTagSizeBytes } from './sizes.ts'

/** u8 length of tag | tag | parts…. @throws CryptoError `bad-size` when the tag is over 255 bytes of UTF-8. */
export function withDomain(tag: string, parts: readonly Uint8Array[]): Bytes {
  const name = encodeUtf8(tag)
  if (name.length > maxTagSizeBytes) throw new CryptoError('bad-size', `a tag of ${name.length} bytes`)
  return concatBytes(Uint8Array.of(name.length), name, ...parts)
}
