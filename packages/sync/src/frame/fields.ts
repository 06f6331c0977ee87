/** The pieces that frames are laid out of: each writes its bytes and reads them back in one way only. */
import { encodeUtf8, idFromBytes, idToBytes, parseHex, parseUtf8, toHex } from '@poruch/base'
import type { ByteReader, Bytes, ByteWriter, Id } from '@poruch/base'

export interface Field<T> {
  write(writer: ByteWriter, value: T): void
  /** @throws BaseError when the bytes cannot be read so. */
  read(reader: ByteReader): T
}

/** A record of fields in the order in which they are named. */
export type Fields = Readonly<Record<string, Field<unknown>>>
export type ValueOf<F> = F extends Field<infer T> ? T : never
export type RecordOf<S extends Fields> = { readonly [Name in keyof S]: ValueOf<S[Name]> }

/** What a text that is not UTF-8, or a choice that does not exist, is refused with; the codec turns it into `bad-frame`. */
export class FieldFault extends Error {}

export const u32: Field<number> = { write: (writer, value) => writer.u32(value), read: (reader) => reader.u32() }

/** 32 bytes. */
export function id<Name extends string>(): Field<Id<Name>> {
  return { write: (writer, value) => writer.raw(idToBytes(value)), read: (reader) => idFromBytes<Name>(reader.raw(32)) }
}

/** A fixed number of bytes, as hexadecimal characters. */
export function hex(sizeBytes: number): Field<string> {
  return {
    write: (writer, value) => {
      const bytes = parseHex(value)
      if (bytes?.length !== sizeBytes) throw new RangeError(`${value.length} characters instead of ${2 * sizeBytes}`)
      writer.raw(bytes)
    },
    read: (reader) => toHex(reader.raw(sizeBytes)),
  }
}

export function bytes32(maxBytes: number): Field<Bytes> {
  return {
    write: (writer, value) => {
      if (value.length > maxBytes) throw new RangeError(`${value.length} bytes, ${maxBytes} allowed`)
      writer.bytes32(value)
    },
    read: (reader) => reader.bytes32(maxBytes),
  }
}

export function text16(maxBytes: number): Field<string> {
  return {
    write: (writer, value) => {
      const bytes = encodeUtf8(value)
      if (bytes.length > maxBytes) throw new RangeError(`${bytes.length} bytes, ${maxBytes} allowed`)
      writer.bytes16(bytes)
    },
    read: (reader) => {
      const text = parseUtf8(reader.bytes16(maxBytes))
      if (text === null) throw new FieldFault('text is not UTF-8')
      return text
    },
  }
}

export function choice<Value extends number>(...values: readonly Value[]): Field<Value> {
  return {
    write: (writer, value) => writer.u8(value),
    read: (reader) => {
      const read = reader.u8()
      const value = values.find((each) => each === read)
      if (value === undefined) throw new FieldFault(`${read} is none of the choices`)
      return value
    },
  }
}

/** A u16 count, then the items. */
export function list16<T>(item: Field<T>, maxCount = 0xffff): Field<readonly T[]> {
  return {
    write: (writer, values) => {
      if (values.length > maxCount) throw new RangeError(`${values.length} items, ${maxCount} allowed`)
      writer.raw(Uint8Array.of(values.length >> 8, values.length & 0xff))
      for (const value of values) item.write(writer, value)
    },
    read: (reader) => {
      const count = reader.u16()
      if (count > maxCount) throw new FieldFault(`${count} items, ${maxCount} allowed`)
      return Array.from({ length: count }, () => item.read(reader))
    },
  }
}

export function struct<S extends Fields>(fields: S): Field<RecordOf<S>> {
  const entries = Object.entries(fields)
  return {
    write: (writer, value) => {
      for (const [name, field] of entries) field.write(writer, (value as Record<string, unknown>)[name])
    },
    read: (reader) => {
      const record: Record<string, unknown> = {}
      for (const [name, field] of entries) record[name] = field.read(reader)
      return record as RecordOf<S>
    },
  }
}
