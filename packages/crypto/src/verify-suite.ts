/** The public half on WebCrypto: hashing and checking signatures, with no secret and no dependency. */
import { copyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { withDomain } from './domain.ts'
import { isStrictPoint } from './ed25519-points.ts'
import { signatureSizeBytes, signingKeySizeBytes } from './sizes.ts'
import type { VerifySuite } from './suite.ts'

/** What a relay needs. It holds no state; any number may be made. */
export function verifySuite(): VerifySuite {
  return {
    sha256,
    hash: (tag, ...parts) => sha256(withDomain(tag, parts)),
    verify: async (publicKey, domain, message, signature) => {
      if (publicKey.length !== signingKeySizeBytes || signature.length !== signatureSizeBytes) return false
      if (!isStrictPoint(publicKey) || !isStrictPoint(signature.subarray(0, 32))) return false
      return verifyPlain(copyBytes(publicKey), withDomain(domain, [message]), copyBytes(signature))
    },
  }
}

async function sha256(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', copyBytes(bytes)))
}

async function verifyPlain(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, signature, message)
  } catch (thrown) {
    // Both platforms refuse some encodings when the key is imported or used: that is a judgement, any other error is not.
    if (thrown instanceof DOMException && (thrown.name === 'DataError' || thrown.name === 'OperationError')) return false
    throw thrown
  }
}
