/** Columns of numbers and byte strings, written so that deflate finds what repeats: small differences in place of large numbers. */
import { BaseError, makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes } from '@poruch/base'

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
  const writer = makeByteWriter()
  const varint = (value: number): void => {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) writer.u8((rest % 128) + 128)
    writer.u8(rest)
  }
  return {
    varint,
    u8: (value) => void writer.u8(value),
    signed: (value) => varint(value < 0 ? -2 * value - 1 : 2 * value),
    raw: (bytes) => void writer.raw(bytes),
    done: writer.done,
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
  const reader = makeByteReader(bytes)
  const varint = (): number => {
    let value = 0
    let factor = 1
    for (let index = 0; index < maxVarintBytes; index++, factor *= 128) {
      const byte = reader.u8()
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
    u8: reader.u8,
    varint,
    signed: () => {
      const value = varint()
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    },
    raw: reader.raw,
    end: reader.end,
  }
}
