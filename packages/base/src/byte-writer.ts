/** Writes fixed big-endian layouts. */
import type { Bytes } from './bytes.ts'

const initialSizeBytes = 256

export interface ByteWriter {
  u8(value: number): ByteWriter
  u16(value: number): ByteWriter
  u32(value: number): ByteWriter
  /** An integer below 2^48. */
  u48(value: number): ByteWriter
  /** The bytes as they are, without a length. */
  raw(bytes: Uint8Array): ByteWriter
  /** A u16 length, then the bytes. */
  bytes16(bytes: Uint8Array): ByteWriter
  /** A u32 length, then the bytes. */
  bytes32(bytes: Uint8Array): ByteWriter
  /** All that was written, as a copy. */
  done(): Bytes
}

/** @throws RangeError when a value does not fit its field: that is an error of the caller, never of foreign data. */
export function makeByteWriter(): ByteWriter {
  let buffer = new Uint8Array(initialSizeBytes)
  let length = 0
  const room = (size: number): number => {
    const start = length
    length += size
    if (length > buffer.length) {
      const larger = new Uint8Array(Math.max(2 * buffer.length, length))
      larger.set(buffer)
      buffer = larger
    }
    return start
  }
  const integer = (value: number, size: number): ByteWriter => {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) throw new RangeError(`${value} does not fit in ${size} bytes`)
    const start = room(size)
    for (let index = size - 1, rest = value; index >= 0; index--, rest = Math.floor(rest / 256)) buffer[start + index] = rest % 256
    return writer
  }
  const raw = (bytes: Uint8Array): ByteWriter => {
    const start = room(bytes.length)
    buffer.set(bytes, start)
    return writer
  }
  const writer: ByteWriter = {
    u8: (value) => integer(value, 1),
    u16: (value) => integer(value, 2),
    u32: (value) => integer(value, 4),
    u48: (value) => integer(value, 6),
    raw,
    bytes16: (bytes) => integer(bytes.length, 2) && raw(bytes),
    bytes32: (bytes) => integer(bytes.length, 4) && raw(bytes),
    done: () => buffer.slice(0, length),
  }
  return writer
}
