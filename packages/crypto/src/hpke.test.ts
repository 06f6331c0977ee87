/** HPKE and the X25519 below it, against published vectors, a second implementation, and tampering. */
import { emptyBytes, encodeUtf8, parseHex, toHex } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import fc from 'fast-check'
import nacl from 'tweetnacl'
import { describe, expect, test } from 'vitest'
import { webCryptoSuite } from './index.ts'
import { keyPairFromPrivateBytes } from './key-handles.ts'

const hex = (text: string): Bytes => parseHex(text) ?? emptyBytes
const suite = webCryptoSuite()
const aad = encodeUtf8('aad')
const info = encodeUtf8('info')
const pointNine = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 9 : 0))

async function x25519(scalar: Bytes, point: Bytes): Promise<Bytes> {
  const { handle } = await keyPairFromPrivateBytes('X25519', scalar)
  const key = await crypto.subtle.importKey('raw', point, 'X25519', false, [])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: key }, handle, 256))
}

async function x25519Twice(scalar: Bytes, point: Bytes): Promise<string> {
  const shared = toHex(await x25519(scalar, point))
  expect(toHex(nacl.scalarMult(scalar, point))).toBe(shared)
  return shared
}

describe('X25519', () => {
  // RFC 7748 §5.2: scalar, u coordinate, result.
  test.each([
    [
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
  ])('[CR11] multiplies RFC 7748 §5.2 %s, as tweetnacl does', async (scalar, point, result) => {
    expect(await x25519Twice(hex(scalar), hex(point))).toBe(result)
  })

  test('[CR11] iterates RFC 7748 §5.2 once and a thousand times', async () => {
    let [scalar, point] = [await x25519(pointNine, pointNine), pointNine]
    expect(toHex(scalar)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079')
    for (let round = 2; round <= 1000; round++) [scalar, point] = [await x25519(scalar, point), scalar]
    expect(toHex(scalar)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51')
  })

  test('[CR11] agrees on RFC 7748 §6.1', async () => {
    const alice = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
    const bob = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')
    const alicePublic = (await keyPairFromPrivateBytes('X25519', alice)).publicKey
    const bobPublic = (await keyPairFromPrivateBytes('X25519', bob)).publicKey
    expect(toHex(alicePublic)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    expect(toHex(bobPublic)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'
    expect(await x25519Twice(alice, bobPublic)).toBe(shared)
    expect(await x25519Twice(bob, alicePublic)).toBe(shared)
  })

  test('[CR11] agrees with tweetnacl for random keys', async () => {
    const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((value) => new Uint8Array(value))
    await fc.assert(
      fc.asyncProperty(secret, secret, async (one, other) => {
        const pair = await keyPairFromPrivateBytes('X25519', other)
        expect(toHex(nacl.scalarMult.base(other))).toBe(toHex(pair.publicKey))
        await x25519Twice(one, pair.publicKey)
      }),
      { numRuns: 25, seed: 4 },
    )
  })
})

// The vector file of RFC 9180 (its appendix A prints other suites): mode 0, kem 32, kdf 1, aead 2, encryption 0.
const published = {
  info: hex('4f6465206f6e2061204772656369616e2055726e'),
  privateKey: hex('497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d'),
  publicKey: hex('430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c'),
  enc: hex('6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256'),
  aad: hex('436f756e742d30'),
  ct: hex('e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a'),
  plaintext: hex('4265617574792069732074727574682c20747275746820626561757479'),
}

describe('HPKE', () => {
  test('[CR11] opens the published vector of this suite', async () => {
    const key = await keyPairFromPrivateBytes('X25519', published.privateKey)
    expect(toHex(key.publicKey)).toBe(toHex(published.publicKey))
    expect(await suite.hpkeOpen(key, published, published.info, published.aad)).toStrictEqual(published.plaintext)
    expect(await suite.hpkeOpen(key, published, published.info, encodeUtf8('Count-1'))).toBeNull()
  })

  test('[CR14] derives the key pairs of RFC 9180 A.1.1', async () => {
    const recipient = await suite.hpkeKeyFromSeed(hex('6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037'))
    expect(toHex(recipient.publicKey)).toBe('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d')
  })

  test('[CR6] encapsulates with the pair that RFC 9180 A.1.1 derives from the bytes of the port', async () => {
    const random: Random = { bytes: () => hex('7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234') }
    const { enc } = await webCryptoSuite(random).hpkeSeal(published.publicKey, info, aad, emptyBytes)
    expect(toHex(enc)).toBe('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431')
  })

  test('[CR14] refuses a seed under 32 bytes and takes a longer one', async () => {
    await expect(suite.hpkeKeyFromSeed(new Uint8Array(31))).rejects.toMatchObject({ code: 'bad-size' })
    expect((await suite.hpkeKeyFromSeed(new Uint8Array(64))).publicKey).toHaveLength(32)
  })

  test('[CR11] opens what it sealed: enc is 32 bytes, ct 16 more than the plaintext', async () => {
    const key = await suite.generateHpkeKey()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (plaintext) => {
        const sealed = await suite.hpkeSeal(key.publicKey, info, aad, plaintext)
        expect([sealed.enc.length, sealed.ct.length]).toStrictEqual([32, plaintext.length + 16])
        expect(toHex((await suite.hpkeOpen(key, sealed, info, aad)) ?? emptyBytes)).toBe(toHex(plaintext))
      }),
      { numRuns: 25, seed: 5 },
    )
  })

  test('[CR12] refuses to seal to what is no X25519 key, or to a point of small order', async () => {
    const order8 = hex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')
    for (const recipient of [emptyBytes, new Uint8Array(31), new Uint8Array(33), new Uint8Array(32), order8]) {
      await expect(suite.hpkeSeal(recipient, info, aad, emptyBytes)).rejects.toMatchObject({ code: 'bad-key' })
    }
  })

  test('[CR13] opens nothing when any bit of enc or ct is flipped', async () => {
    const key = await suite.generateHpkeKey()
    const sealed = await suite.hpkeSeal(key.publicKey, info, aad, encodeUtf8('secret'))
    for (const name of ['enc', 'ct'] as const) {
      const outcomes = Array.from({ length: 8 * sealed[name].length }, async (_, bit) => {
        const changed = sealed[name].slice()
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        return suite.hpkeOpen(key, { ...sealed, [name]: changed }, info, aad)
      })
      expect((await Promise.all(outcomes)).every((outcome) => outcome === null)).toBe(true)
    }
  })

  test('[CR13] opens nothing under another key, info or aad, from an enc of small order, or from malformed lengths', async () => {
    const key = await suite.generateHpkeKey()
    const sealed = await suite.hpkeSeal(key.publicKey, info, aad, encodeUtf8('secret'))
    expect(await suite.hpkeOpen(await suite.generateHpkeKey(), sealed, info, aad)).toBeNull()
    expect(await suite.hpkeOpen(key, sealed, aad, aad)).toBeNull()
    expect(await suite.hpkeOpen(key, sealed, info, info)).toBeNull()
    expect(await suite.hpkeOpen(key, { ...sealed, enc: new Uint8Array(32) }, info, aad)).toBeNull()
    expect(await suite.hpkeOpen(key, { ...sealed, enc: sealed.enc.slice(0, 31) }, info, aad)).toBeNull()
    expect(await suite.hpkeOpen(key, { ...sealed, ct: sealed.ct.slice(0, 15) }, info, aad)).toBeNull()
  })
})
