/** Frames as base64 and back by Node's own coder, with the one strictness of `parseBase64`. */
import type { Bytes } from '@poruch/base'

export function textOfBytes(bytes: Bytes): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** The bytes of canonical base64 with padding, or null if it is anything else. */
export function bytesOfText(text: string): Bytes | null {
  const bytes = Buffer.from(text, 'base64')
  // Node skips what it cannot read: whatever had another form is found by writing it again.
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : null
}
