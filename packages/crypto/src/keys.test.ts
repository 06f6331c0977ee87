/** What keys promise: nothing takes them out, they survive storage, and chance comes through the port. */
import { emptyBytes, toHex } from '@poruch/base'
import type { Random } from '@poruch/base'
import { describe, expect, test } from 'vitest'
import { systemRandom, webCryptoSuite } from './index.ts'

const suite = webCryptoSuite()

function countingRandom(): Random {
  let calls = 0
  return { bytes: (length) => new Uint8Array(length).fill(++calls) }
}

async function everyHandle(): Promise<readonly CryptoKey[]> {
  const seed = new Uint8Array(32).fill(5)
  const keys = await Promise.all([
    suite.generateSigningKey(),
    suite.signingKeyFromSeed(seed),
    suite.generateHpkeKey(),
    suite.hpkeKeyFromSeed(seed),
    suite.generateAeadKey(),
    suite.deriveAeadKey(seed, emptyBytes, emptyBytes),
  ])
  return keys.map((key) => key.handle).filter((handle) => handle instanceof CryptoKey)
}

describe('keys', () => {
  test.each(['raw', 'pkcs8', 'jwk'] as const)('[CR5] export no secret as %s', async (format) => {
    const handles = await everyHandle()
    expect(handles).toHaveLength(6)
    for (const handle of handles) {
      expect(handle.extractable).toBe(false)
      await expect(crypto.subtle.exportKey(format, handle)).rejects.toBeInstanceOf(DOMException)
    }
  })

  test('[CR5] survive structured clone and still work', async () => {
    const signing = structuredClone(await suite.generateSigningKey())
    expect(await suite.verify(signing.publicKey, 'd', emptyBytes, await suite.sign(signing, 'd', emptyBytes))).toBe(true)
    const hpke = structuredClone(await suite.generateHpkeKey())
    const sealed = await suite.hpkeSeal(hpke.publicKey, emptyBytes, emptyBytes, emptyBytes)
    expect(await suite.hpkeOpen(hpke, sealed, emptyBytes, emptyBytes)).toStrictEqual(emptyBytes)
    const aead = structuredClone(await suite.generateAeadKey())
    const ciphertext = await suite.seal(aead, new Uint8Array(12), emptyBytes, emptyBytes)
    expect(await suite.open(aead, new Uint8Array(12), emptyBytes, ciphertext)).toStrictEqual(emptyBytes)
  })

  test('[CR6] are the same when the port gives the same bytes, and others otherwise', async () => {
    const [one, two] = [webCryptoSuite(countingRandom()), webCryptoSuite(countingRandom())]
    const [first, second, third] = [await one.generateSigningKey(), await two.generateSigningKey(), await one.generateSigningKey()]
    expect(toHex(first.publicKey)).toBe(toHex(second.publicKey))
    expect(toHex(first.publicKey)).not.toBe(toHex(third.publicKey))
  })

  test('[CR6] come from the platform by default, in any length', () => {
    expect(toHex(systemRandom.bytes(32))).not.toBe(toHex(systemRandom.bytes(32)))
    const large = systemRandom.bytes(200_000)
    expect(large).toHaveLength(200_000)
    expect(large.subarray(-1000).some((byte) => byte !== 0)).toBe(true)
  })

  test('[CR15] are refused where they do not belong', async () => {
    const [signing, hpke, aead] = [await suite.generateSigningKey(), await suite.generateHpkeKey(), await suite.generateAeadKey()]
    await expect(suite.sign(hpke, 'd', emptyBytes)).rejects.toMatchObject({ code: 'bad-key' })
    await expect(
      suite.sign({ publicKey: signing.publicKey, handle: { secret: new Uint8Array(32) } }, 'd', emptyBytes),
    ).rejects.toMatchObject({
      code: 'bad-key',
    })
    await expect(suite.seal(signing, new Uint8Array(12), emptyBytes, emptyBytes)).rejects.toMatchObject({ code: 'bad-key' })
    await expect(
      suite.hpkeOpen({ ...hpke, handle: aead.handle }, { enc: emptyBytes, ct: emptyBytes }, emptyBytes, emptyBytes),
    ).rejects.toMatchObject({
      code: 'bad-key',
    })
  })
})
