/** Ed25519 (RFC 8032) on WebCrypto, with one strictness on every platform. */
import { copyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { isStrictPoint } from './ed25519-points.ts'
import { signatureSizeBytes, signingKeySizeBytes } from './sizes.ts'

/** 64 bytes under a private CryptoKey. */
export async function signEd25519(handle: CryptoKey, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', handle, message))
}

/** False for anything malformed; the scalar's range (RFC 8032 §5.1.7) is checked by the platform. */
export async function verifyEd25519(publicKey: Uint8Array, message: Bytes, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== signingKeySizeBytes || signature.length !== signatureSizeBytes) return false
  if (!isStrictPoint(publicKey) || !isStrictPoint(signature.subarray(0, 32))) return false
  const [ownKey, ownSignature] = [copyBytes(publicKey), copyBytes(signature)]
  try {
    const key = await crypto.subtle.importKey('raw', ownKey, 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, ownSignature, message)
  } catch (thrown) {
    // Platforms refuse some encodings when the key is imported or used: that is a judgement, any other error is not.
    if (thrown instanceof DOMException && (thrown.name === 'DataError' || thrown.name === 'OperationError')) return false
    throw thrown
  }
}
