/** Byte strings: joining, comparing and writing them as text. */

/** Bytes over a plain (never shared) buffer: what WebCrypto, IndexedDB and sockets all accept. */
export type Bytes = Uint8Array<ArrayBuffer>

export const emptyBytes: Bytes = new Uint8Array(0)

/** The parts in order, copied into one new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
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

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal; its string order is the order of the bytes. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexOf[byte] ?? ''
  return text
}

/** The bytes of lower-case hexadecimal text, or null if it is anything else. */
export function parseHex(text: string): Bytes | null {
  if (text.length % 2 !== 0) return null
  const bytes = new Uint8Array(text.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    const high = nibbleOf(text.charCodeAt(2 * index))
    const low = nibbleOf(text.charCodeAt(2 * index + 1))
    if (high < 0 || low < 0) return null
    bytes[index] = 16 * high + low
  }
  return bytes
}

/** -1 for what is no lower-case hexadecimal digit. */
function nibbleOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1
}

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
