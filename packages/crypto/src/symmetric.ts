/** AES-256-GCM and HKDF-SHA256 on WebCrypto. */
import { copyBytes } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import { CryptoError } from './errors.ts'
import { cryptoKeyOf, wiping } from './key-handles.ts'
import { aeadKeySizeBytes, aeadNonceSizeBytes, aeadTagSizeBytes, maxDerivedSizeBytes } from './sizes.ts'
import type { Suite } from './suite.ts'

type SymmetricPart = Pick<Suite, 'deriveBytes' | 'deriveAeadKey' | 'generateAeadKey' | 'seal' | 'open'>

export function makeSymmetric(random: Random): SymmetricPart {
  return {
    deriveBytes,
    deriveAeadKey: async (secret, salt, info) => wiping(await deriveBytes(secret, salt, info, aeadKeySizeBytes), importAeadKey),
    generateAeadKey: async () => wiping(random.bytes(aeadKeySizeBytes), importAeadKey),
    seal: async (key, nonce, aad, plaintext) => {
      const handle = cryptoKeyOf(key.handle, 'AES-GCM')
      if (nonce.length !== aeadNonceSizeBytes) throw new CryptoError('bad-size', `a nonce of ${nonce.length} bytes`)
      return new Uint8Array(await crypto.subtle.encrypt(gcm(nonce, aad), handle, copyBytes(plaintext)))
    },
    open: async (key, nonce, aad, ciphertext) => {
      const handle = cryptoKeyOf(key.handle, 'AES-GCM')
      if (nonce.length !== aeadNonceSizeBytes || ciphertext.length < aeadTagSizeBytes) return null
      try {
        return new Uint8Array(await crypto.subtle.decrypt(gcm(nonce, aad), handle, copyBytes(ciphertext)))
      } catch (thrown) {
        if (thrown instanceof DOMException && thrown.name === 'OperationError') return null
        throw thrown
      }
    },
  }
}

function gcm(nonce: Uint8Array, aad: Uint8Array): AesGcmParams {
  return { name: 'AES-GCM', iv: copyBytes(nonce), additionalData: copyBytes(aad), tagLength: 8 * aeadTagSizeBytes }
}

/** The key of 32 bytes; non-extractable. */
export async function importAeadKey(raw: Bytes): Promise<{ handle: CryptoKey }> {
  return { handle: await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']) }
}

export async function deriveBytes(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, sizeBytes: number): Promise<Bytes> {
  if (!Number.isInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > maxDerivedSizeBytes) {
    throw new CryptoError('bad-size', `${sizeBytes} bytes asked of HKDF`)
  }
  const base = await crypto.subtle.importKey('raw', copyBytes(secret), 'HKDF', false, ['deriveBits'])
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: copyBytes(salt), info: copyBytes(info) }
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, base, 8 * sizeBytes))
}
