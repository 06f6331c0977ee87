/** The reader and the writer of fixed layouts, against each other and against foreign bytes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf, concatBytes, makeByteReader, makeByteWriter } from './index.ts'
import type { ByteReader, ByteWriter } from './index.ts'

const seed = 1
const of = (...values: number[]) => Uint8Array.from(values)
const maxBytes = 64

interface Field {
  write(writer: ByteWriter): ByteWriter
  read(reader: ByteReader): unknown
  readonly value: unknown
}

const integers = fc.constantFrom('u8', 'u16', 'u32', 'u48').chain((kind) => {
  const max = { u8: 2 ** 8, u16: 2 ** 16, u32: 2 ** 32, u48: 2 ** 48 }[kind] - 1
  return fc
    .oneof(
      fc.maxSafeNat().map((value) => value % (max + 1)),
      fc.constantFrom(0, max),
    )
    .map((value): Field => ({ value, write: (writer) => writer[kind](value), read: (reader) => reader[kind]() }))
})
const strings = fc
  .record({ kind: fc.constantFrom('bytes16', 'bytes32'), value: fc.uint8Array({ maxLength: maxBytes }) })
  .map(({ kind, value }): Field => ({ value, write: (writer) => writer[kind](value), read: (reader) => reader[kind](maxBytes) }))
const raws = fc
  .uint8Array({ maxLength: maxBytes })
  .map((value): Field => ({ value, write: (writer) => writer.raw(value), read: (reader) => reader.raw(value.length) }))
const layouts = fc.array(fc.oneof(integers, strings, raws), { maxLength: 12 })

const written = (fields: readonly Field[]) => fields.reduce((writer, field) => field.write(writer), makeByteWriter()).done()

describe('layouts', () => {
  test('[BA8] are big-endian, and lengths stand before bytes', () => {
    const bytes = makeByteWriter().u8(1).u16(0x0203).u32(0x04050607).u48(0x08090a0b0c0d).bytes16(of(9)).bytes32(of(8)).raw(of(7)).done()
    expect(bytes).toEqual(of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1, 9, 0, 0, 0, 1, 8, 7))
  })

  test('[BA8] read back as they were written, to the last byte', () => {
    fc.assert(
      fc.property(layouts, (fields) => {
        const reader = makeByteReader(written(fields))
        for (const field of fields) expect(field.read(reader)).toEqual(field.value)
        expect(reader.left()).toBe(0)
        reader.end()
      }),
      { seed },
    )
  })

  test('[BA9] cut anywhere, are refused as `truncated`', () => {
    fc.assert(
      fc.property(layouts, fc.nat(), (fields, cut) => {
        const bytes = written(fields)
        fc.pre(bytes.length > 0)
        const reader = makeByteReader(bytes.subarray(0, cut % bytes.length))
        expect(thrownCode(() => fields.forEach((field) => field.read(reader)))).toBe('truncated')
      }),
      { seed },
    )
  })
})

describe('the reader', () => {
  test('[BA9] refuses bytes that are left over', () => {
    const reader = makeByteReader(of(1, 2))
    reader.u8()
    expect(thrownCode(() => reader.end())).toBe('trailing-bytes')
    expect(reader.rest()).toEqual(of(2))
    reader.end()
  })

  test('[BA10] refuses a stated length over its bound before it looks for the bytes', () => {
    expect(thrownCode(() => makeByteReader(of(0, 5, 1, 2, 3, 4, 5)).bytes16(4))).toBe('too-long')
    expect(thrownCode(() => makeByteReader(of(255, 255, 255, 255)).bytes32(1024))).toBe('too-long')
    expect(makeByteReader(of(0, 4, 1, 2, 3, 4)).bytes16(4)).toEqual(of(1, 2, 3, 4))
  })

  test('[BA10] never goes back: a length that is none is the caller’s error', () => {
    const reader = makeByteReader(of(1, 2, 3))
    reader.u8()
    for (const length of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => reader.raw(length)).toThrow(RangeError)
    expect(reader.rest()).toEqual(of(2, 3))
  })

  test('[BA11] hands out copies, also of a view into a larger buffer', () => {
    const large = of(9, 1, 2, 3, 9)
    const reader = makeByteReader(large.subarray(1, 4))
    const two = reader.raw(2)
    const rest = reader.rest()
    large.fill(0)
    expect([two, rest]).toEqual([of(1, 2), of(3)])
  })

  test('[BA9] answers any foreign bytes with a value or a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), layouts, (foreign, fields) => {
        const reader = makeByteReader(foreign)
        const code = thrownCode(() => {
          for (const field of fields) field.read(reader)
          reader.end()
        })
        expect(['none', 'truncated', 'too-long', 'trailing-bytes']).toContain(code)
      }),
      { seed },
    )
  })
})

describe('the writer', () => {
  test.each([
    ['u8', 256],
    ['u16', 65_536],
    ['u32', 2 ** 32],
    ['u48', 2 ** 48],
    ['u8', -1],
    ['u32', 1.5],
    ['u48', Number.NaN],
  ] as const)('[BA12] refuses as %s the number %d, which does not fit', (kind, value) => {
    expect(() => makeByteWriter()[kind](value)).toThrow(RangeError)
  })

  test('[BA12] refuses more than 65,535 bytes behind a u16 length, and writes nothing of them', () => {
    const writer = makeByteWriter().u8(7)
    expect(() => writer.bytes16(new Uint8Array(65_536))).toThrow(RangeError)
    expect(writer.done()).toEqual(of(7))
  })

  test('[BA11] hands out a copy and can go on', () => {
    const writer = makeByteWriter().u8(1)
    const before = writer.done()
    writer.raw(new Uint8Array(1000).fill(2))
    expect(before).toEqual(of(1))
    expect(writer.done()).toEqual(concatBytes(of(1), new Uint8Array(1000).fill(2)))
  })
})

function thrownCode(run: () => void): string {
  try {
    run()
    return 'none'
  } catch (thrown) {
    return codeOf(thrown)
  }
}
