/** Byte strings: joining, comparing and writing them as text. */

/** Bytes over a plain (never shared) buffer: what WebCrypto, IndexedDB and sockets all accept. */
export type Bytes = Uint8Array<ArrayBuffer>

export const emptyBytes: Bytes = new Uint8Array(0)

/** The parts in order, copied into one new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** A copy over a plain buffer of its own; use it where a library hands out views of a larger or shared buffer. */
export function copyBytes(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes)
}

/** True if both hold the same bytes. Not constant time: use it for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}

/** Order of unsigned bytes, a shorter prefix first: negative, zero or positive as for `Array.sort`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** By the value of a nibble. */
const hexDigits = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/** Lower-case hexadecimal; its string order is the order of the bytes. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length > chunkLength / 2) return toHex(bytes.subarray(0, chunkLength / 2)) + toHex(bytes.subarray(chunkLength / 2))
  // Made in one piece: text that is put together digit by digit is copied once more when it is first looked at.
  const codes: number[] = []
  codes.length = 2 * bytes.length
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    codes[2 * index] = hexDigits[byte >> 4] ?? 0
    codes[2 * index + 1] = hexDigits[byte & 15] ?? 0
  }
  return String.fromCharCode(...codes)
}

/** The bytes of lower-case hexadecimal text, or null if it is anything else. */
export function parseHex(text: string): Bytes | null {
  if (text.length % 2 !== 0) return null
  const bytes = new Uint8Array(text.length / 2)
  let wrong = 0
  for (let index = 0; index < bytes.length; index++) {
    const high = nibbles[text.charCodeAt(2 * index)] ?? -1
    const low = nibbles[text.charCodeAt(2 * index + 1)] ?? -1
    wrong |= high | low
    bytes[index] = 16 * high + low
  }
  return wrong < 0 ? null : bytes
}

/** By character code; -1 for what is no lower-case hexadecimal digit. */
const nibbles = Int8Array.from({ length: 128 }, (_, code) => hexDigits.indexOf(code))

/** Base64url without padding (RFC 4648 §5). */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The bytes of canonical base64url text without padding, or null if it is anything else. */
export function parseBase64Url(text: string): Bytes | null {
  if (!/^[A-Za-z0-9_-]*$/u.test(text)) return null
  return parseBase64(text.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (text.length % 4)) % 4))
}

const chunkLength = 0x8000 // String.fromCharCode takes its arguments on the stack

/** Standard base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let offset = 0; offset < bytes.length; offset += chunkLength) {
    binary += String.fromCharCode(...bytes.subarray(offset, offset + chunkLength))
  }
  return btoa(binary)
}

/** The bytes of canonical base64 text with padding (no spaces, no stray bits at the end), or null if it is anything else. */
export function parseBase64(text: string): Bytes | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/u.test(text)) return null
  const lastGroup = text.slice(-4)
  if (btoa(atob(lastGroup)) !== lastGroup) return null
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < bytes.length; index++) bytes[index] = binary.charCodeAt(index)
  return bytes
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes of the text; half a surrogate pair becomes U+FFFD. */
export function encodeUtf8(text: string): Bytes {
  return encoder.encode(text)
}

/** The text of UTF-8 bytes, or null if they are not UTF-8. */
export function parseUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}
