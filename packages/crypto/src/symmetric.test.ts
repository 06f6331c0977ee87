/** AES-256-GCM and HKDF-SHA256 against published vectors and their promises. */
import { emptyBytes, parseHex, toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { webCryptoSuite } from './index.ts'
import { importAeadKey } from './symmetric.ts'

const hex = (text: string): Bytes => parseHex(text) ?? emptyBytes
const range = (from: number, to: number): Bytes => Uint8Array.from({ length: to - from + 1 }, (_, index) => from + index)
const suite = webCryptoSuite()
const bytes = (limits: { minLength?: number; maxLength?: number }): fc.Arbitrary<Bytes> =>
  fc.uint8Array(limits).map((value) => new Uint8Array(value))

describe('HKDF', () => {
  // RFC 5869 appendix A.1, A.2, A.3: secret, salt, info, size, output.
  test.each<readonly [string, Bytes, Bytes, Bytes, number, string]>([
    [
      'A.1',
      new Uint8Array(22).fill(0x0b),
      range(0, 0x0c),
      range(0xf0, 0xf9),
      42,
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      'A.2',
      range(0, 0x4f),
      range(0x60, 0xaf),
      range(0xb0, 0xff),
      82,
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    ],
    [
      'A.3',
      new Uint8Array(22).fill(0x0b),
      emptyBytes,
      emptyBytes,
      42,
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    ],
  ])('[CR10] derives RFC 5869 %s', async (_name, secret, salt, info, size, output) => {
    expect(toHex(await suite.deriveBytes(secret, salt, info, size))).toBe(output)
  })

  test('[CR10] gives up to 8160 bytes, and refuses any other number', async () => {
    expect(await suite.deriveBytes(emptyBytes, emptyBytes, emptyBytes, 8160)).toHaveLength(8160)
    for (const size of [0, -1, 1.5, 8161, Number.NaN]) {
      await expect(suite.deriveBytes(emptyBytes, emptyBytes, emptyBytes, size)).rejects.toMatchObject({ code: 'bad-size' })
    }
  })

  test('[CR10] derives an AES key of the 32 bytes that HKDF gives', async () => {
    const [secret, salt, info] = [range(1, 32), range(2, 9), range(3, 7)]
    const derived = await suite.deriveAeadKey(secret, salt, info)
    const plain = await importAeadKey(await suite.deriveBytes(secret, salt, info, 32))
    const ciphertext = await suite.seal(derived, new Uint8Array(12), emptyBytes, range(0, 99))
    expect(await suite.open(plain, new Uint8Array(12), emptyBytes, ciphertext)).toStrictEqual(range(0, 99))
  })
})

describe('AES-256-GCM', () => {
  // McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13 and 16: key, nonce, aad, plaintext, ciphertext, tag.
  test.each([
    ['case 13', '0'.repeat(64), '0'.repeat(24), '', '', '', '530f8afbc74536b9a963b4f1c4cb738b'],
    [
      'case 16',
      'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
      'cafebabefacedbaddecaf888',
      'feedfacedeadbeeffeedfacedeadbeefabaddad2',
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
      '76fc6ece0f4e1768cddf8853bb2d551b',
    ],
  ])('[CR8] seals and opens GCM %s', async (_name, key, nonce, aad, plaintext, ciphertext, tag) => {
    const handle = await importAeadKey(hex(key))
    expect(toHex(await suite.seal(handle, hex(nonce), hex(aad), hex(plaintext)))).toBe(ciphertext + tag)
    expect(await suite.open(handle, hex(nonce), hex(aad), hex(ciphertext + tag))).toStrictEqual(hex(plaintext))
  })

  test('[CR8] opens what it sealed, and it is 16 bytes longer', async () => {
    const key = await suite.generateAeadKey()
    await fc.assert(
      fc.asyncProperty(
        bytes({ minLength: 12, maxLength: 12 }),
        bytes({ maxLength: 64 }),
        bytes({ maxLength: 500 }),
        async (nonce, aad, plaintext) => {
          const ciphertext = await suite.seal(key, nonce, aad, plaintext)
          expect(ciphertext).toHaveLength(plaintext.length + 16)
          expect(await suite.open(key, nonce, aad, ciphertext)).toStrictEqual(plaintext)
        },
      ),
      { numRuns: 50, seed: 3 },
    )
  })

  test('[CR8] refuses to seal under a nonce that is not 12 bytes', async () => {
    const key = await suite.generateAeadKey()
    await expect(suite.seal(key, new Uint8Array(16), emptyBytes, emptyBytes)).rejects.toMatchObject({ code: 'bad-size' })
  })

  test('[CR9] opens nothing when any bit of ciphertext, tag, nonce or aad is flipped', async () => {
    const key = await suite.generateAeadKey()
    const parts = { nonce: range(0, 11), aad: range(5, 12), ct: await suite.seal(key, range(0, 11), range(5, 12), range(0, 15)) }
    for (const name of ['nonce', 'aad', 'ct'] as const) {
      const outcomes = Array.from({ length: 8 * parts[name].length }, async (_, bit) => {
        const changed = structuredClone(parts)
        changed[name][bit >> 3] = (changed[name][bit >> 3] ?? 0) ^ (1 << (bit & 7))
        return suite.open(key, changed.nonce, changed.aad, changed.ct)
      })
      expect((await Promise.all(outcomes)).every((outcome) => outcome === null)).toBe(true)
    }
  })

  test('[CR9] opens nothing under another key, a nonce of another length, or from less than a tag', async () => {
    const key = await suite.generateAeadKey()
    const ciphertext = await suite.seal(key, new Uint8Array(12), emptyBytes, emptyBytes)
    expect(await suite.open(await suite.generateAeadKey(), new Uint8Array(12), emptyBytes, ciphertext)).toBeNull()
    expect(await suite.open(key, new Uint8Array(16), emptyBytes, ciphertext)).toBeNull()
    expect(await suite.open(key, new Uint8Array(12), emptyBytes, ciphertext.slice(0, 15))).toBeNull()
  })
})
