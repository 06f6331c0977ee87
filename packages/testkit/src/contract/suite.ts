/** What every crypto Suite must keep; the real one and the simulator's run this suite. */
import { emptyBytes, encodeUtf8, toHex } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const message = encodeUtf8('message')
const info = encodeUtf8('info')
const aad = encodeUtf8('aad')
const nonce = new Uint8Array(12).fill(4)
const seed = new Uint8Array(32).fill(9)
const bytes = (limits: { minLength?: number; maxLength?: number }): fc.Arbitrary<Bytes> =>
  fc.uint8Array(limits).map((value) => new Uint8Array(value))

/** Different at each call, the same in each run. */
function countingRandom(): Random {
  let calls = 0
  return {
    bytes: (length) => {
      calls += 1
      return Uint8Array.from({ length }, (_, index) => (calls * 31 + index * 7 + (calls >> 8)) & 255)
    },
  }
}

function flip(input: Uint8Array, bit: number): Bytes {
  const changed = new Uint8Array(input)
  const at = Math.floor(bit / 8) % changed.length
  changed[at] = (changed[at] ?? 0) ^ (1 << (bit % 8))
  return changed
}

/** `makeSuite` gives a suite whose chance is all from `random`; one suite's keys need to work in that suite only. */
export function suiteContract(name: string, makeSuite: (random: Random) => Suite): void {
  describe(`Suite: ${name}`, () => {
    hashing(makeSuite)
    signing(makeSuite)
    handles(makeSuite)
    sealing(makeSuite)
    hpke(makeSuite)
    chance(makeSuite)
  })
}

type MakeSuite = (random: Random) => Suite

function hashing(makeSuite: MakeSuite): void {
  const suite = makeSuite(countingRandom())

  test('[CR1] hashes to the same bytes as every suite', async () => {
    // SHA-256 of "abc" (FIPS 180-4), and of 01 | 61 | 62 63.
    expect(toHex(await suite.sha256(encodeUtf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(toHex(await suite.hash('a', encodeUtf8('b'), encodeUtf8('c')))).toBe(toHex(await suite.sha256(encodeUtf8('\u0001abc'))))
    await expect(suite.hash('x'.repeat(256))).rejects.toMatchObject({ code: 'bad-size' })
  })

  test('[CR10] derives the same bytes as every suite', async () => {
    // RFC 5869 A.3.
    const derived = await suite.deriveBytes(new Uint8Array(22).fill(11), emptyBytes, emptyBytes, 42)
    expect(toHex(derived)).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8')
    expect(await suite.deriveBytes(seed, emptyBytes, info, 8160)).toHaveLength(8160)
    for (const size of [0, 1.5, 8161])
      await expect(suite.deriveBytes(seed, emptyBytes, info, size)).rejects.toMatchObject({ code: 'bad-size' })
  })
}

function signing(makeSuite: MakeSuite): void {
  const suite = makeSuite(countingRandom())

  test('[CR2] verifies what it signed, under that key, domain and message only', async () => {
    const [key, other] = [await suite.generateSigningKey(), await suite.generateSigningKey()]
    const signature = await suite.sign(key, 'domain', message)
    expect([key.publicKey.length, signature.length]).toStrictEqual([32, 64])
    expect(await suite.verify(key.publicKey, 'domain', message, signature)).toBe(true)
    expect(await suite.verify(other.publicKey, 'domain', message, signature)).toBe(false)
    expect(await suite.verify(key.publicKey, 'other', message, signature)).toBe(false)
    expect(await suite.verify(key.publicKey, 'domain', info, signature)).toBe(false)
    // The border between domain and message is signed too.
    expect(await suite.verify(key.publicKey, 'domainm', encodeUtf8('essage'), signature)).toBe(false)
  })

  test('[CR2] refuses a signature with a bit flipped', async () => {
    const key = await suite.generateSigningKey()
    const signature = await suite.sign(key, 'domain', message)
    for (let bit = 0; bit < 512; bit += 5) expect(await suite.verify(key.publicKey, 'domain', message, flip(signature, bit))).toBe(false)
  })

  test('[CR3] answers false to any garbage', async () => {
    const key = await suite.generateSigningKey()
    await fc.assert(
      fc.asyncProperty(bytes({ maxLength: 70 }), bytes({ maxLength: 70 }), async (publicKey, signature) => {
        expect(await suite.verify(publicKey, 'domain', message, signature)).toBe(false)
        expect(await suite.verify(key.publicKey, 'domain', message, signature)).toBe(false)
      }),
      { numRuns: 50, seed: 11 },
    )
  })

  test('[CR7] makes the same key of the same seed, and of 32 bytes only', async () => {
    const [one, two] = [await suite.signingKeyFromSeed(seed), await suite.signingKeyFromSeed(seed)]
    expect(toHex(one.publicKey)).toBe(toHex(two.publicKey))
    expect(await suite.verify(two.publicKey, 'domain', message, await suite.sign(one, 'domain', message))).toBe(true)
    await expect(suite.signingKeyFromSeed(new Uint8Array(33))).rejects.toMatchObject({ code: 'bad-size' })
  })
}

function handles(makeSuite: MakeSuite): void {
  const suite = makeSuite(countingRandom())

  test('[CR15] refuses a handle of another kind', async () => {
    const [signingKey, hpkeKey, aeadKey] = [await suite.generateSigningKey(), await suite.generateHpkeKey(), await suite.generateAeadKey()]
    await expect(suite.sign(hpkeKey, 'domain', message)).rejects.toMatchObject({ code: 'bad-key' })
    await expect(suite.sign({ ...signingKey, handle: null }, 'domain', message)).rejects.toMatchObject({ code: 'bad-key' })
    await expect(suite.seal(signingKey, nonce, aad, message)).rejects.toMatchObject({ code: 'bad-key' })
    const sealed = await suite.hpkeSeal(hpkeKey.publicKey, info, aad, message)
    await expect(suite.hpkeOpen({ ...hpkeKey, handle: aeadKey.handle }, sealed, info, aad)).rejects.toMatchObject({ code: 'bad-key' })
  })

  test('[CR5] makes keys that structured clone keeps', async () => {
    const key = structuredClone(await suite.generateSigningKey())
    expect(await suite.verify(key.publicKey, 'domain', message, await suite.sign(key, 'domain', message))).toBe(true)
    const aead = structuredClone(await suite.generateAeadKey())
    expect(await suite.open(aead, nonce, aad, await suite.seal(aead, nonce, aad, message))).toStrictEqual(message)
    const hpkeKey = structuredClone(await suite.generateHpkeKey())
    expect(await suite.hpkeOpen(hpkeKey, await suite.hpkeSeal(hpkeKey.publicKey, info, aad, message), info, aad)).toStrictEqual(message)
  })
}

function sealing(makeSuite: MakeSuite): void {
  const suite = makeSuite(countingRandom())

  test('[CR8] opens what it sealed, 16 bytes longer', async () => {
    const key = await suite.generateAeadKey()
    await fc.assert(
      fc.asyncProperty(
        bytes({ minLength: 12, maxLength: 12 }),
        bytes({ maxLength: 40 }),
        bytes({ maxLength: 300 }),
        async (ownNonce, ownAad, plaintext) => {
          const ciphertext = await suite.seal(key, ownNonce, ownAad, plaintext)
          expect(ciphertext).toHaveLength(plaintext.length + 16)
          expect(await suite.open(key, ownNonce, ownAad, ciphertext)).toStrictEqual(plaintext)
        },
      ),
      { numRuns: 50, seed: 12 },
    )
    await expect(suite.seal(key, new Uint8Array(11), aad, message)).rejects.toMatchObject({ code: 'bad-size' })
  })

  test('[CR9] opens nothing that was changed', async () => {
    const key = await suite.generateAeadKey()
    const ciphertext = await suite.seal(key, nonce, aad, message)
    for (let bit = 0; bit < 8 * ciphertext.length; bit++) expect(await suite.open(key, nonce, aad, flip(ciphertext, bit))).toBeNull()
    expect(await suite.open(key, flip(nonce, 3), aad, ciphertext)).toBeNull()
    expect(await suite.open(key, nonce, flip(aad, 3), ciphertext)).toBeNull()
    expect(await suite.open(key, nonce, emptyBytes, ciphertext)).toBeNull()
    expect(await suite.open(await suite.generateAeadKey(), nonce, aad, ciphertext)).toBeNull()
    expect(await suite.open(key, nonce.slice(1), aad, ciphertext)).toBeNull()
    expect(await suite.open(key, nonce, aad, ciphertext.slice(0, 15))).toBeNull()
  })

  test('[CR10] derives the same AEAD key of the same secret, salt and info', async () => {
    const ciphertext = await suite.seal(await suite.deriveAeadKey(seed, aad, info), nonce, aad, message)
    expect(await suite.open(await suite.deriveAeadKey(seed, aad, info), nonce, aad, ciphertext)).toStrictEqual(message)
    expect(await suite.open(await suite.deriveAeadKey(seed, info, info), nonce, aad, ciphertext)).toBeNull()
    expect(await suite.open(await suite.deriveAeadKey(seed, aad, aad), nonce, aad, ciphertext)).toBeNull()
  })
}

function hpke(makeSuite: MakeSuite): void {
  const suite = makeSuite(countingRandom())

  test('[CR11] opens with the handle what was sealed to the public key', async () => {
    const key = await suite.generateHpkeKey()
    const [one, two] = [await suite.hpkeSeal(key.publicKey, info, aad, message), await suite.hpkeSeal(key.publicKey, info, aad, message)]
    expect([one.enc.length, one.ct.length]).toStrictEqual([32, message.length + 16])
    expect(toHex(one.enc)).not.toBe(toHex(two.enc))
    expect(await suite.hpkeOpen(key, one, info, aad)).toStrictEqual(message)
    expect(await suite.hpkeOpen(key, two, info, aad)).toStrictEqual(message)
  })

  test('[CR12] refuses to seal to what is no key', async () => {
    for (const size of [0, 31, 32, 33]) {
      await expect(suite.hpkeSeal(new Uint8Array(size), info, aad, message)).rejects.toMatchObject({ code: 'bad-key' })
    }
  })

  test('[CR13] opens nothing that was changed', async () => {
    const key = await suite.generateHpkeKey()
    const sealed = await suite.hpkeSeal(key.publicKey, info, aad, message)
    for (let bit = 0; bit < 256; bit += 3) {
      expect(await suite.hpkeOpen(key, { enc: flip(sealed.enc, bit), ct: sealed.ct }, info, aad)).toBeNull()
      expect(await suite.hpkeOpen(key, { enc: sealed.enc, ct: flip(sealed.ct, bit) }, info, aad)).toBeNull()
    }
    expect(await suite.hpkeOpen(await suite.generateHpkeKey(), sealed, info, aad)).toBeNull()
    expect(await suite.hpkeOpen(key, sealed, aad, aad)).toBeNull()
    expect(await suite.hpkeOpen(key, sealed, info, info)).toBeNull()
    expect(await suite.hpkeOpen(key, { enc: sealed.enc.slice(1), ct: sealed.ct }, info, aad)).toBeNull()
    expect(await suite.hpkeOpen(key, { enc: sealed.enc, ct: sealed.ct.slice(0, 15) }, info, aad)).toBeNull()
  })

  test('[CR14] makes the same key of the same seed of at least 32 bytes', async () => {
    expect(toHex((await suite.hpkeKeyFromSeed(seed)).publicKey)).toBe(toHex((await suite.hpkeKeyFromSeed(seed)).publicKey))
    await expect(suite.hpkeKeyFromSeed(seed.slice(1))).rejects.toMatchObject({ code: 'bad-size' })
    await expect(suite.hpkeKeyFromSeed(new Uint8Array(8193))).rejects.toMatchObject({ code: 'bad-size' })
  })
}

function chance(makeSuite: MakeSuite): void {
  test('[CR6] does the same again when the port gives the same bytes', async () => {
    const run = async (suite: Suite): Promise<readonly string[]> => {
      const [signingKey, hpkeKey, aeadKey] = [
        await suite.generateSigningKey(),
        await suite.generateHpkeKey(),
        await suite.generateAeadKey(),
      ]
      const signature = await suite.sign(signingKey, 'domain', message)
      const { enc, ct } = await suite.hpkeSeal(hpkeKey.publicKey, info, aad, message)
      return [signingKey.publicKey, hpkeKey.publicKey, signature, enc, ct, await suite.seal(aeadKey, nonce, aad, message)].map((part) =>
        toHex(part),
      )
    }
    expect(await run(makeSuite(countingRandom()))).toStrictEqual(await run(makeSuite(countingRandom())))
  })
}
