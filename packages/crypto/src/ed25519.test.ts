/** Ed25519 against published vectors, a second implementation, and the attacks on loose verification. */
import { concatBytes, emptyBytes, encodeUtf8, parseHex, toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import fc from 'fast-check'
import nacl from 'tweetnacl'
import { describe, expect, test } from 'vitest'
import { makeVerifyEd25519, signEd25519 } from './ed25519.ts'
import { isStrictPoint } from './ed25519-points.ts'
import { CryptoError, signSuite, verifySuite } from './index.ts'
import { keyPairFromPrivateBytes } from './key-handles.ts'

const verifyEd25519 = makeVerifyEd25519()

const hex = (text: string): Bytes => parseHex(text) ?? emptyBytes
const suite = signSuite()
const order = 2n ** 252n + 27742317777372353535851937790883648493n
const prime = 2n ** 255n - 19n
const bytes = (limits: { minLength?: number; maxLength?: number }): fc.Arbitrary<Bytes> =>
  fc.uint8Array(limits).map((value) => new Uint8Array(value))

function littleEndian(value: bigint): Bytes {
  const result = new Uint8Array(32)
  for (let index = 0, rest = value; index < 32; index++, rest >>= 8n) result[index] = Number(rest & 255n)
  return result
}

function bigOf(encoded: Uint8Array): bigint {
  return BigInt(`0x${toHex(new Uint8Array(encoded).reverse())}`)
}
/** The secret scalar of a key (RFC 8032 §5.1.5); tweetnacl's secret key begins with the seed. */
function scalarOf(secretKey: Uint8Array): bigint {
  const low = nacl.hash(secretKey.subarray(0, 32)).subarray(0, 32)
  return (bigOf(low) & (2n ** 254n - 8n)) | (2n ** 254n)
}

// RFC 8032 §7.1: seed, public key, message, signature.
const rfc8032: readonly (readonly [string, string, string, string, string])[] = [
  [
    'TEST 1',
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    'TEST 2',
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'TEST 3',
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    'TEST SHA(abc)',
    '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  ],
]

describe('Ed25519', () => {
  test.each(rfc8032)('[CR7] signs and verifies RFC 8032 §7.1 %s, as tweetnacl does', async (_name, seed, publicKey, message, signature) => {
    const key = await keyPairFromPrivateBytes('Ed25519', hex(seed))
    expect(toHex(key.publicKey)).toBe(publicKey)
    expect(toHex(await signEd25519(key.handle, hex(message)))).toBe(signature)
    expect(await verifyEd25519(key.publicKey, hex(message), hex(signature))).toBe(true)
    const second = nacl.sign.keyPair.fromSeed(hex(seed))
    expect(toHex(second.publicKey)).toBe(publicKey)
    expect(toHex(nacl.sign.detached(hex(message), second.secretKey))).toBe(signature)
    expect(nacl.sign.detached.verify(hex(message), hex(signature), hex(publicKey))).toBe(true)
  })

  test('[CR2] signs the length of the domain, the domain and the message, as tweetnacl does for random keys', async () => {
    await fc.assert(
      fc.asyncProperty(
        bytes({ minLength: 32, maxLength: 32 }),
        fc.string({ maxLength: 40 }),
        bytes({ maxLength: 300 }),
        async (seed, domain, message) => {
          const key = await suite.signingKeyFromSeed(seed)
          const second = nacl.sign.keyPair.fromSeed(seed)
          const name = encodeUtf8(domain)
          const signature = await suite.sign(key, domain, message)
          expect(toHex(second.publicKey)).toBe(toHex(key.publicKey))
          expect(toHex(nacl.sign.detached(concatBytes(Uint8Array.of(name.length), name, message), second.secretKey))).toBe(toHex(signature))
          expect(await verifySuite().verify(key.publicKey, domain, message, signature)).toBe(true)
        },
      ),
      { numRuns: 25, seed: 1 },
    )
  })

  test('[CR2] refuses a signature with any one bit flipped', async () => {
    const key = await suite.signingKeyFromSeed(new Uint8Array(32).fill(7))
    const message = encodeUtf8('message')
    const signature = await suite.sign(key, 'domain', message)
    const verdicts = Array.from({ length: 512 }, async (_, bit) => {
      const flipped = signature.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      return suite.verify(key.publicKey, 'domain', message, flipped)
    })
    expect(await Promise.all(verdicts)).toStrictEqual(Array.from({ length: 512 }, () => false))
  })

  test('[CR3] answers false to keys and signatures of any wrong length and to any garbage', async () => {
    await fc.assert(
      fc.asyncProperty(bytes({ maxLength: 70 }), bytes({ maxLength: 70 }), async (publicKey, signature) => {
        expect(await suite.verify(publicKey, 'domain', emptyBytes, signature)).toBe(false)
      }),
      { numRuns: 200, seed: 2 },
    )
  })

  test('[CR3] answers false to a key that is no point of the curve', async () => {
    expect(await suite.verify(littleEndian(2n), 'domain', emptyBytes, new Uint8Array(64).fill(3))).toBe(false)
  })

  test('[CR4] refuses the malleable signature S + L that tweetnacl accepts', async () => {
    const [, , publicKey, message, signature] = rfc8032[2] ?? ['', '', '', '', '']
    const loose = concatBytes(hex(signature).subarray(0, 32), littleEndian(bigOf(hex(signature).subarray(32)) + order))
    expect(nacl.sign.detached.verify(hex(message), loose, hex(publicKey))).toBe(true) // why it only cross-checks
    expect(await verifyEd25519(hex(publicKey), hex(message), loose)).toBe(false)
  })

  test('[CR4] refuses the key of small order for which one signature fits every message', async () => {
    const identity = littleEndian(1n)
    const anySignature = concatBytes(identity, new Uint8Array(32))
    expect(nacl.sign.detached.verify(encodeUtf8('anything'), anySignature, identity)).toBe(true)
    expect(await verifyEd25519(identity, encodeUtf8('anything'), anySignature)).toBe(false)
  })

  test('[CR4] refuses a key of small order also when the commitment is a good point', async () => {
    // With the key of order 1, S·B = R holds for every message: R is a public key, S its scalar.
    const pair = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(9))
    const anySignature = concatBytes(pair.publicKey, littleEndian(scalarOf(pair.secretKey) % order))
    const identity = littleEndian(1n)
    expect(nacl.sign.detached.verify(encodeUtf8('anything'), anySignature, identity)).toBe(true)
    expect(await verifyEd25519(identity, encodeUtf8('anything'), anySignature)).toBe(false)
  })

  test('[CR4] refuses a commitment of small order also under a good key', async () => {
    // With R of order 1, S = h·a holds: whoever has the key can make it, and platforms disagree about it.
    const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(9))
    const message = encodeUtf8('message')
    const hash = bigOf(nacl.hash(concatBytes(littleEndian(1n), publicKey, message)))
    const signature = concatBytes(littleEndian(1n), littleEndian((hash * scalarOf(secretKey)) % order))
    expect(nacl.sign.detached.verify(message, signature, publicKey)).toBe(true)
    expect(await verifyEd25519(publicKey, message, signature)).toBe(false)
  })

  test('[CR4] knows every point of small order and every non-canonical encoding', () => {
    // y of the points whose order divides 8, from the curve's equation: 0, ±1, and the roots for order 8.
    const eight = bigOf(hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'))
    const small = [0n, 1n, prime - 1n, eight, prime - eight]
    const foreign = Array.from({ length: 19 }, (_, index) => prime + BigInt(index))
    for (const y of [...small, ...foreign]) {
      expect(isStrictPoint(littleEndian(y))).toBe(false)
      expect(isStrictPoint(littleEndian(y + 2n ** 255n))).toBe(false)
    }
    expect(isStrictPoint(littleEndian(prime - 2n))).toBe(true)
    expect(isStrictPoint(littleEndian(2n))).toBe(true)
  })

  test('[CR7] refuses a seed of another length', async () => {
    await expect(suite.signingKeyFromSeed(new Uint8Array(31))).rejects.toMatchObject({ code: 'bad-size' })
    await expect(suite.signingKeyFromSeed(new Uint8Array(64))).rejects.toBeInstanceOf(CryptoError)
  })

  test('[CR1] hashes with the tag and its length in front', async () => {
    const expected = await suite.sha256(concatBytes(Uint8Array.of(3), encodeUtf8('tag'), encodeUtf8('one'), encodeUtf8('two')))
    expect(toHex(await suite.hash('tag', encodeUtf8('one'), encodeUtf8('two')))).toBe(toHex(expected))
    // FIPS 180-4, "abc".
    expect(toHex(await suite.sha256(encodeUtf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    await expect(suite.hash('x'.repeat(256))).rejects.toMatchObject({ code: 'bad-size' })
  })
})

test('[CR2] a key is judged alike when it is met again, also after more others than are kept', async () => {
  const verify = makeVerifyEd25519()
  const [key, message] = [await suite.generateSigningKey(), encodeUtf8('met again')]
  const signature = await signEd25519(key.handle as CryptoKey, message)
  const wrong = concatBytes(signature.subarray(0, 63), Uint8Array.of((signature[63] ?? 0) ^ 1))
  const judge = async () => [await verify(key.publicKey, message, signature), await verify(key.publicKey, message, wrong)]
  expect(await judge()).toEqual([true, false])
  expect(await judge()).toEqual([true, false])
  for (let index = 0; index < 1100; index++) {
    const other = crypto.getRandomValues(new Uint8Array(32))
    expect(await verify(other, message, signature)).toBe(false)
  }
  expect(await judge()).toEqual([true, false])
})
