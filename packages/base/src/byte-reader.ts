/** Reads fixed big-endian layouts out of foreign bytes. */
import type { Bytes } from './bytes.ts'
import { BaseError } from './errors.ts'

export interface ByteReader {
  u8(): number
  u16(): number
  u32(): number
  u48(): number
  /** A copy of the next `length` bytes. */
  raw(length: number): Bytes
  /** A u16 length, then that many bytes; refused above `maxBytes`. */
  bytes16(maxBytes: number): Bytes
  /** A u32 length, then that many bytes; refused above `maxBytes`. */
  bytes32(maxBytes: number): Bytes
  /** How many bytes are left. */
  left(): number
  /** A copy of all that is left. */
  rest(): Bytes
  /** @throws BaseError `trailing-bytes` unless everything was read. */
  end(): void
}

/**
 * Every read @throws BaseError `truncated` when too few bytes are left, `too-long` when a stated length is over its bound,
 * and RangeError when the caller asks for a length that is none. A read that throws takes nothing of what it could not read.
 */
export function makeByteReader(bytes: Uint8Array): ByteReader {
  let offset = 0
  const take = (length: number): number => {
    if (!Number.isInteger(length) || length < 0) throw new RangeError(`${length} is not a number of bytes`)
    if (length > bytes.length - offset) throw new BaseError('truncated', `wanted ${length} bytes, ${bytes.length - offset} left`)
    offset += length
    return offset - length
  }
  const integer = (size: number): number => {
    const start = take(size)
    let value = 0
    for (let index = 0; index < size; index++) value = value * 256 + (bytes[start + index] ?? 0)
    return value
  }
  const raw = (length: number): Bytes => {
    const start = take(length)
    return new Uint8Array(bytes.subarray(start, start + length))
  }
  const bounded = (length: number, maxBytes: number): Bytes => {
    if (length > maxBytes) throw new BaseError('too-long', `${length} bytes stated, ${maxBytes} allowed`)
    return raw(length)
  }
  return {
    u8: () => integer(1),
    u16: () => integer(2),
    u32: () => integer(4),
    u48: () => integer(6),
    raw,
    bytes16: (maxBytes) => bounded(integer(2), maxBytes),
    bytes32: (maxBytes) => bounded(integer(4), maxBytes),
    left: () => bytes.length - offset,
    rest: () => raw(bytes.length - offset),
    end: () => {
      if (offset !== bytes.length) throw new BaseError('trailing-bytes', `${bytes.length - offset} bytes too many`)
    },
  }
}
