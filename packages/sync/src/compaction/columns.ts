/** Columns of numbers and byte strings, written so that deflate finds what repeats: small differences in place of large numbers. */
import { BaseError, concatBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'

const initialSizeBytes = 1024
const maxVarintBytes = 8

export interface ColumnWriter {
  u8(value: number): void
  /** An integer from 0 below 2^50, in as few groups of seven bits as it needs. */
  varint(value: number): void
  /** An integer of either sign, below 2^49. */
  signed(value: number): void
  raw(bytes: Uint8Array): void
  done(): Bytes
}

export function makeColumnWriter(): ColumnWriter {
  let buffer = new Uint8Array(initialSizeBytes)
  let length = 0
  const room = (size: number): void => {
    if (length + size <= buffer.length) return
    buffer = concatBytes(buffer, new Uint8Array(Math.max(buffer.length, size)))
  }
  const varint = (value: number): void => {
    room(maxVarintBytes)
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[length++] = (rest % 128) + 128
    buffer[length++] = rest
  }
  return {
    varint,
    u8: (value) => {
      room(1)
      buffer[length++] = value
    },
    signed: (value) => varint(value < 0 ? -2 * value - 1 : 2 * value),
    raw: (bytes) => {
      room(bytes.length)
      buffer.set(bytes, length)
      length += bytes.length
    },
    done: () => buffer.slice(0, length),
  }
}

/** Every read @throws BaseError `truncated` or `too-long`. */
export interface ColumnReader {
  u8(): number
  varint(): number
  signed(): number
  /** A copy of the next bytes. */
  raw(length: number): Bytes
  /** @throws BaseError `trailing-bytes` unless everything was read. */
  end(): void
}

export function makeColumnReader(bytes: Uint8Array): ColumnReader {
  let offset = 0
  const u8 = (): number => {
    const value = bytes[offset]
    if (value === undefined) throw new BaseError('truncated', 'a column ends too early')
    offset++
    return value
  }
  const varint = (): number => {
    let value = 0
    let factor = 1
    for (let index = 0; index < maxVarintBytes; index++, factor *= 128) {
      const byte = u8()
      value += (byte % 128) * factor
      if (byte < 128) {
        // One writing for each number.
        if (byte === 0 && index > 0) break
        return value
      }
    }
    throw new BaseError('too-long', 'a number over its bound')
  }
  return {
    u8,
    varint,
    signed: () => {
      const value = varint()
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    },
    raw: (length) => {
      if (length > bytes.length - offset) throw new BaseError('truncated', 'a column ends too early')
      offset += length
      return new Uint8Array(bytes.subarray(offset - length, offset))
    },
    end: () => {
      if (offset !== bytes.length) throw new BaseError('trailing-bytes', `${bytes.length - offset} bytes too many`)
    },
  }
}
