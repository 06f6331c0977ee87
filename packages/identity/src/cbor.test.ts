import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf, equalBytes, parseHex } from '@poruch/base'
import { decodeCbor, encodeCbor, withoutSignature } from './cbor.ts'
import type { CborValue } from './cbor.ts'

const maxBytes = 4_096

const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.nat(2 ** 32 - 1),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => new Map(items.map((item, index) => [index + 1, item]))),
  ),
}))

function code(hex: string): string {
  try {
    decodeCbor(parseHex(hex) ?? new Uint8Array(), maxBytes)
    return 'taken'
  } catch (thrown) {
    return codeOf(thrown)
  }
}

describe('canonical CBOR', () => {
  test('[ID1] gives back what was encoded', () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(decodeCbor(encodeCbor(original), maxBytes)).toEqual(original)
      }),
      { seed: 1 },
    )
  })

  test.each([
    ['a long head', '1801'],
    ['an indefinite length', '9f01ff'],
    ['a trailing byte', '0100'],
    ['keys out of order', 'a202010101'],
    ['a key twice', 'a201010102'],
    ['a negative integer', '20'],
    ['text', '6161'],
    ['a float', 'f93c00'],
    ['true', 'f5'],
    ['null', 'f6'],
    ['a tag', 'c001'],
    ['an integer beyond 2^53', '1bffffffffffffffff'],
    ['a cut string', '4401'],
    ['an array that ends early', '8201'],
    ['nothing', ''],
    ['a key of bytes', 'a1410001'],
    ['the same key of bytes twice', 'a2410001410001'],
    ['a key that is an array', 'a18001'],
    ['a key that is a map', 'a1a001'],
    ['a key of two bytes', 'a1181801'],
  ])('[ID1] refuses %s', (_, hex) => {
    expect(code(hex)).toBe('bad-cbor')
  })

  test('[ID2] bounds size, depth and items', () => {
    expect(code('00'.repeat(maxBytes + 1))).toBe('too-large')
    expect(code(`${'81'.repeat(1_000)}01`)).toBe('too-large')
    expect(code(`${'81'.repeat(6)}01`)).toBe('taken')
    expect(code(`${'81'.repeat(7)}01`)).toBe('too-large')
    expect(code('9affffffff')).toBe('bad-cbor')
    expect(() => decodeCbor(encodeCbor(Array.from({ length: 70_000 }, () => 0)), 1_000_000)).toThrow('too-large')
  })

  test('[ID3] throws a coded error or gives canonical bytes, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(equalBytes(encodeCbor(decodeCbor(bytes, maxBytes)), bytes)).toBe(true)
        } catch (thrown) {
          expect(['bad-cbor', 'too-large']).toContain(codeOf(thrown))
        }
      }),
      { numRuns: 2_000, seed: 2 },
    )
  })

  test('[ID1] takes nothing but the canonical bytes of what it gives, however little they were changed', () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.nat(255), (original, at, byte) => {
        const bytes = encodeCbor(original)
        bytes[at % bytes.length] = byte
        try {
          expect(equalBytes(encodeCbor(decodeCbor(bytes, maxBytes)), bytes)).toBe(true)
        } catch (thrown) {
          expect(['bad-cbor', 'too-large']).toContain(codeOf(thrown))
        }
      }),
      { numRuns: 5_000, seed: 3 },
    )
  })

  test.each([
    '1801',
    '190018',
    '1a00000100',
    '1b0000000000000001',
    '5801aa',
    '590001aa',
    '980101',
    '99000101',
    'b8010101',
    'ba000000010101',
  ])('[ID1] refuses %s, a head that is too long', (hex) => {
    expect(code(hex)).toBe('bad-cbor')
  })
})

test('[ID1] what was signed is the canonical map without its signature', () => {
  const fields: [number, Uint8Array | number][] = [
    [1, 1],
    [2, new Uint8Array(300)],
  ]
  const whole = encodeCbor(new Map([...fields, [3, new Uint8Array(64).fill(7)]]))
  expect(withoutSignature(whole)).toEqual(encodeCbor(new Map(fields)))
})
