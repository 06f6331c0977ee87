/** The key that a device's vault is sealed under, and its wrapping under a passphrase; the layout is in docs/PROTOCOL.md, "Vault". */
import { concatBytes, copyBytes, emptyBytes, encodeUtf8, makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import { CryptoError } from './errors.ts'
import { cryptoKeyOf, wiping } from './key-handles.ts'
import { aeadKeySizeBytes, aeadNonceSizeBytes, aeadTagSizeBytes } from './sizes.ts'
import type { AeadKey } from './suite.ts'
import { deriveBytes, importAeadKey, makeSymmetric } from './symmetric.ts'
import { systemRandom } from './system-random.ts'

/** 32 random bytes. Plain data that structured clone keeps: `handle` is a CryptoKey that can be wrapped, so it can be read as well. */
export interface VaultKey {
  readonly handle: unknown
}

/** OWASP's number for PBKDF2 with SHA-256 (2023); some 0.2 s on a laptop. Wrappings below it are refused. */
export const vaultKdfIterations = 600_000
/** What a wrapping may ask of this machine: some 4 s on a laptop. */
export const maxVaultKdfIterations = 12_000_000
/** More is no passphrase, and would be normalised and hashed. */
export const maxPassphraseCharacters = 1024

const version = 1
const kdfPbkdf2Sha256 = 1
const saltSizeBytes = 16
const headerSizeBytes = 1 + 1 + 4 + saltSizeBytes
const wrappedSizeBytes = headerSizeBytes + aeadNonceSizeBytes + aeadKeySizeBytes + aeadTagSizeBytes
const wrapDomain = encodeUtf8('poruch/vault v1')
const recordsInfo = encodeUtf8('poruch/vault-records v1')

export async function generateVaultKey(random: Random = systemRandom): Promise<VaultKey> {
  return wiping(random.bytes(aeadKeySizeBytes), importVaultKey)
}

/** The key for records at rest: not extractable, and not the vault key itself. */
export async function vaultRecordsKey(key: VaultKey): Promise<AeadKey> {
  return wiping(await rawOf(key), async (raw) => wiping(await deriveBytes(raw, emptyBytes, recordsInfo, aeadKeySizeBytes), importAeadKey))
}

/** @throws CryptoError `bad-size` for a passphrase that is empty or over {@link maxPassphraseCharacters} */
export async function wrapVaultKey(key: VaultKey, passphrase: string, random: Random = systemRandom): Promise<Bytes> {
  const salt = random.bytes(saltSizeBytes)
  const header = makeByteWriter().u8(version).u8(kdfPbkdf2Sha256).u32(vaultKdfIterations).raw(salt).done()
  const nonce = random.bytes(aeadNonceSizeBytes)
  const wrapping = await passphraseKey(passphrase, salt, vaultKdfIterations)
  return wiping(await rawOf(key), async (raw) =>
    concatBytes(header, nonce, await makeSymmetric(random).seal(wrapping, nonce, concatBytes(wrapDomain, header), raw)),
  )
}

/**
 * Null when the passphrase is another one, or the bytes were changed.
 * @throws CryptoError `unknown-version` for another version or kdf, `bad-size` for a size or a cost outside the bounds
 */
export async function unwrapVaultKey(wrapped: Uint8Array, passphrase: string): Promise<VaultKey | null> {
  const reader = makeByteReader(wrapped)
  const [stated, kdf] = wrapped.length < 2 ? [0, 0] : [reader.u8(), reader.u8()]
  if (stated !== version || kdf !== kdfPbkdf2Sha256) throw new CryptoError('unknown-version', `vault ${stated}, kdf ${kdf}`)
  if (wrapped.length !== wrappedSizeBytes) throw new CryptoError('bad-size', `a wrapped key of ${wrapped.length} bytes`)
  const iterations = reader.u32()
  if (iterations < vaultKdfIterations || iterations > maxVaultKdfIterations) throw new CryptoError('bad-size', `${iterations} iterations`)
  const salt = reader.raw(saltSizeBytes)
  const nonce = reader.raw(aeadNonceSizeBytes)
  const wrapping = await passphraseKey(passphrase, salt, iterations)
  const aad = concatBytes(wrapDomain, wrapped.subarray(0, headerSizeBytes))
  const raw = await makeSymmetric(systemRandom).open(wrapping, nonce, aad, reader.rest())
  return raw && wiping(raw, importVaultKey)
}

async function importVaultKey(raw: Bytes): Promise<VaultKey> {
  return { handle: await crypto.subtle.importKey('raw', raw, 'AES-GCM', true, ['encrypt', 'decrypt']) }
}

async function rawOf(key: VaultKey): Promise<Bytes> {
  const handle = cryptoKeyOf(key.handle, 'AES-GCM')
  if (!handle.extractable) throw new CryptoError('bad-key', 'this key cannot be wrapped')
  return new Uint8Array(await crypto.subtle.exportKey('raw', handle))
}

/** Typed on another keyboard, the same characters may come as other code points: NFKC makes them one. */
async function passphraseKey(passphrase: string, salt: Uint8Array, iterations: number): Promise<AeadKey> {
  if (passphrase === '' || passphrase.length > maxPassphraseCharacters)
    throw new CryptoError('bad-size', `a passphrase of ${passphrase.length} characters`)
  const base = await wiping(encodeUtf8(passphrase.normalize('NFKC')), async (typed) =>
    crypto.subtle.importKey('raw', typed, 'PBKDF2', false, ['deriveBits']),
  )
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt: copyBytes(salt), iterations }
  return wiping(new Uint8Array(await crypto.subtle.deriveBits(algorithm, base, 8 * aeadKeySizeBytes)), importAeadKey)
}
