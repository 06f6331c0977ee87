/** Ed25519 (RFC 8032) on WebCrypto, with one strictness on every platform. */
import { copyBytes, toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { isStrictPoint } from './ed25519-points.ts'
import { signatureSizeBytes, signingKeySizeBytes } from './sizes.ts'

/** 64 bytes under a private CryptoKey. */
export async function signEd25519(handle: CryptoKey, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', handle, message))
}

/** Checks one signature: false for anything malformed. */
export type VerifyEd25519 = (publicKey: Uint8Array, message: Bytes, signature: Uint8Array) => Promise<boolean>

/** Public keys that are kept ready for use: few devices write most of what is checked. */
const maxKeysKept = 1024

/** The scalar's range (RFC 8032 §5.1.7) is checked by the platform. */
export function makeVerifyEd25519(): VerifyEd25519 {
  const kept = new Map<string, CryptoKey>()
  /** Null for what is no key under our rules. @throws DOMException for what is none under the platform's */
  const keyOf = async (publicKey: Uint8Array): Promise<CryptoKey | null> => {
    const name = toHex(publicKey)
    const known = kept.get(name)
    if (known) return known
    if (!isStrictPoint(publicKey)) return null
    const key = await crypto.subtle.importKey('raw', copyBytes(publicKey), 'Ed25519', false, ['verify'])
    const [oldest] = kept.keys()
    if (kept.size >= maxKeysKept && oldest !== undefined) kept.delete(oldest)
    kept.set(name, key)
    return key
  }
  return async (publicKey, message, signature) => {
    if (publicKey.length !== signingKeySizeBytes || signature.length !== signatureSizeBytes) return false
    if (!isStrictPoint(signature.subarray(0, 32))) return false
    const ownSignature = copyBytes(signature)
    try {
      const key = await keyOf(publicKey)
      return key !== null && (await crypto.subtle.verify('Ed25519', key, ownSignature, message))
    } catch (thrown) {
      // Platforms refuse some encodings when the key is imported or used: that is a judgement, any other error is not.
      if (thrown instanceof DOMException && (thrown.name === 'DataError' || thrown.name === 'OperationError')) return false
      throw thrown
    }
  }
}
