/** Byte strings and their forms as text. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compareBytes,
  concatBytes,
  copyBytes,
  emptyBytes,
  encodeUtf8,
  equalBytes,
  parseBase64,
  parseBase64Url,
  parseHex,
  parseUtf8,
  toBase64,
  toBase64Url,
  toHex,
} from './index.ts'

const seed = 1
const bytes = fc.uint8Array({ maxLength: 300 })
const of = (...values: number[]) => Uint8Array.from(values)

describe('hexadecimal', () => {
  test('[BA1] is lower case, two digits a byte', () => {
    expect(toHex(of(0, 1, 0xab, 0xff))).toBe('0001abff')
    expect(toHex(emptyBytes)).toBe('')
  })

  test('[BA1] reads back what it wrote', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(parseHex(toHex(value))).toEqual(value)
      }),
      { seed },
    )
  })

  test.each(['0', 'AB', '0g', ' 00', '00\n', '0x00', 'ёё'])('[BA2] refuses %j', (text) => {
    expect(parseHex(text)).toBeNull()
  })

  test('[BA3] orders as the bytes do', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const textOrder = toHex(a) < toHex(b) ? -1 : toHex(a) > toHex(b) ? 1 : 0
        expect(Math.sign(compareBytes(a, b))).toBe(textOrder)
      }),
      { seed },
    )
  })
})

describe('base64', () => {
  // RFC 4648 §10
  const vectors: [text: string, base64: string][] = [
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ]
  test.each(vectors)('[BA4] of %j is %j', (text, base64) => {
    expect(toBase64(encodeUtf8(text))).toBe(base64)
    expect(parseBase64(base64)).toEqual(encodeUtf8(text))
  })

  test('[BA4] reads back what it wrote, in both alphabets', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(parseBase64(toBase64(value))).toEqual(value)
        expect(parseBase64Url(toBase64Url(value))).toEqual(value)
        expect(toBase64Url(value)).toMatch(/^[A-Za-z0-9_-]*$/u)
      }),
      { seed },
    )
  })

  test('[BA4] carries more bytes than a call takes arguments', () => {
    const large = Uint8Array.from({ length: 200_001 }, (_, index) => index % 251)
    expect(equalBytes(parseBase64(toBase64(large)) ?? emptyBytes, large)).toBe(true)
  })

  test.each(['Zg', 'Zg=', 'Zh==', 'Zm9=', 'Z g=', 'Zg==\n', 'Zg==Zg==', '====', '=', '-_-_', 'Zm9v!'])('[BA5] refuses %j', (text) => {
    expect(parseBase64(text)).toBeNull()
  })

  test.each(['Zg==', 'Z', 'Zh', '+/+/', 'Zm9v Zm9v'])('[BA5] refuses %j as base64url', (text) => {
    expect(parseBase64Url(text)).toBeNull()
  })

  test('[BA5] whatever is read has one form only', () => {
    const likely = fc.string({ unit: fc.constantFrom('A', 'Q', 'g', '+', '/', '-', '_', '=', ' ', 'z'), maxLength: 8 })
    fc.assert(
      fc.property(likely, (text) => {
        const standard = parseBase64(text)
        const url = parseBase64Url(text)
        expect(standard && toBase64(standard)).toBe(standard && text)
        expect(url && toBase64Url(url)).toBe(url && text)
      }),
      { seed, numRuns: 2000 },
    )
  })
})

describe('UTF-8', () => {
  test('[BA6] reads back what it wrote, a byte order mark too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(parseUtf8(encodeUtf8(text))).toBe(text)
      }),
      { seed },
    )
    expect(parseUtf8(encodeUtf8('\uFEFFПоруч'))).toBe('\uFEFFПоруч')
  })

  test.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xe2, 0x82]]])('[BA6] refuses %j', (values) => {
    expect(parseUtf8(of(...values))).toBeNull()
  })
})

describe('joining and comparing', () => {
  test('[BA7] joins in order, into bytes of its own', () => {
    const first = of(1, 2)
    const joined = concatBytes(first, emptyBytes, of(3))
    first[0] = 9
    expect(joined).toEqual(of(1, 2, 3))
    expect(concatBytes()).toEqual(emptyBytes)
  })

  test('[BA7] a copy stands on a buffer of its own', () => {
    const large = of(1, 2, 3, 4)
    const copy = copyBytes(large.subarray(1, 3))
    large.fill(0)
    expect(copy).toEqual(of(2, 3))
    expect(copy.buffer.byteLength).toBe(2)
  })

  test('[BA3] orders bytes as unsigned numbers, a shorter prefix first', () => {
    expect([of(2), of(1, 255), emptyBytes, of(255), of(1)].toSorted(compareBytes)).toEqual([emptyBytes, of(1), of(1, 255), of(2), of(255)])
  })

  test('[BA3] equal means: no order between them', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(equalBytes(a, b)).toBe(compareBytes(a, b) === 0)
        expect(equalBytes(a, copyBytes(a))).toBe(true)
      }),
      { seed },
    )
  })
})
