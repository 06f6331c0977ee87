/** The vault's key: its bytes, and who opens them. */
import { emptyBytes, parseHex, toHex } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import { describe, expect, test, vi } from 'vitest'
import { generateVaultKey, unwrapVaultKey, vaultRecordsKey, webCryptoSuite, wrapVaultKey } from './index.ts'

// Each derivation costs what it must; on a busy machine that is long.
vi.setConfig({ testTimeout: 120_000 })

const suite = webCryptoSuite()

function countingRandom(): Random {
  let next = 0
  return { bytes: (length) => Uint8Array.from({ length }, () => next++) }
}

/** Version 1, kdf 1, 600,000 iterations, salt 20…2f, nonce 30…3b, then the sealed key 00…1f. Computed with another implementation (Python's hashlib and cryptography). */
const golden =
  '0101000927c0202122232425262728292a2b2c2d2e2f303132333435363738393a3b' +
  '45b898d9336a622a8ae1f975122dd587ee27ca295c058f9cc13bfa7abc31ca13e350baa757f86739624b5eb4e0d614c3'
const passphrase = 'правильний кінь — battery'

/** What a key seals, since nobody sees the key. */
async function sealedBy(key: Awaited<ReturnType<typeof generateVaultKey>>): Promise<string> {
  return toHex(await suite.seal(await vaultRecordsKey(key), new Uint8Array(12), emptyBytes, Uint8Array.of(1, 2, 3)))
}

function changed(bytes: Bytes, at: number, mask = 1): Bytes {
  return bytes.map((byte, index) => (index === at ? byte ^ mask : byte))
}

describe('a vault key', () => {
  test('[CR24] is wrapped into the bytes of the protocol, with fresh chance each time', async () => {
    const random = countingRandom()
    const key = await generateVaultKey(random)
    expect(toHex(await wrapVaultKey(key, passphrase, random))).toBe(golden)
    expect(toHex(await wrapVaultKey(key, passphrase)).slice(12)).not.toBe(toHex(await wrapVaultKey(key, passphrase)).slice(12))
  })

  test('[CR23] opens with its passphrase in any Unicode form, and with no other', async () => {
    const wrapped = parseHex(golden) ?? emptyBytes
    const key = await generateVaultKey(countingRandom())
    for (const typed of [passphrase, passphrase.normalize('NFD')]) {
      const opened = await unwrapVaultKey(wrapped, typed)
      expect(opened && (await sealedBy(opened))).toBe(await sealedBy(key))
    }
    for (const typed of [`${passphrase} `, passphrase.toUpperCase(), 'x']) expect(await unwrapVaultKey(wrapped, typed)).toBeNull()
  })

  test('[CR23] does not open when a bit of salt, nonce, key or tag is changed', async () => {
    const wrapped = parseHex(golden) ?? emptyBytes
    for (const at of [6, 21, 22, 33, 34, 65, 66, 81]) expect(await unwrapVaultKey(changed(wrapped, at), passphrase)).toBeNull()
  })

  test('[CR25] of another version, size or cost is refused before anything is derived', async () => {
    const wrapped = parseHex(golden) ?? emptyBytes
    const derive = vi.spyOn(crypto.subtle, 'deriveBits')
    for (const bytes of [changed(wrapped, 0), changed(wrapped, 1), emptyBytes])
      await expect(unwrapVaultKey(bytes, passphrase)).rejects.toMatchObject({ code: 'unknown-version' })
    // 599,999 iterations, 12,000,001 of them, and a byte too few and too many.
    const costs = [parseHex('000927bf'), parseHex('00b71b01')].map((cost) => {
      const bytes = new Uint8Array(wrapped)
      bytes.set(cost ?? emptyBytes, 2)
      return bytes
    })
    for (const bytes of [...costs, wrapped.slice(0, -1), new Uint8Array([...wrapped, 0])])
      await expect(unwrapVaultKey(bytes, passphrase)).rejects.toMatchObject({ code: 'bad-size' })
    for (const typed of ['', 'x'.repeat(1025)]) {
      await expect(unwrapVaultKey(wrapped, typed)).rejects.toMatchObject({ code: 'bad-size' })
      await expect(wrapVaultKey(await generateVaultKey(), typed)).rejects.toMatchObject({ code: 'bad-size' })
    }
    expect(derive).not.toHaveBeenCalled()
    derive.mockRestore()
  })

  test('[CR26] gives a key for records that nothing takes out or wraps', async () => {
    const records = await vaultRecordsKey(await generateVaultKey())
    const handle = records.handle as CryptoKey
    expect(handle.extractable).toBe(false)
    await expect(wrapVaultKey(records, passphrase)).rejects.toMatchObject({ code: 'bad-key' })
    const raw = new Uint8Array(32).map((_, index) => index)
    const direct = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt'])
    const own = await suite.seal({ handle: direct }, new Uint8Array(12), emptyBytes, Uint8Array.of(1, 2, 3))
    expect(await sealedBy(await generateVaultKey(countingRandom()))).not.toBe(toHex(own))
  })
})
