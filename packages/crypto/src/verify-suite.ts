/** The public half on WebCrypto: hashing and checking signatures, with no secret and no dependency. */
import { copyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { withDomain } from './domain.ts'
import { makeVerifyEd25519 } from './ed25519.ts'
import type { VerifySuite } from './suite.ts'

/**
 * What a relay needs. It keeps the keys that it meets most ready for use, and no other state; any number may be made.
 * `sha256` takes the place of WebCrypto's, which hands each small message to another thread, where the platform has a quicker one.
 */
export function verifySuite(sha256: VerifySuite['sha256'] = webSha256): VerifySuite {
  const verifyEd25519 = makeVerifyEd25519()
  return {
    sha256,
    hash: async (tag, ...parts) => sha256(withDomain(tag, parts)),
    verify: async (publicKey, domain, message, signature) => verifyEd25519(publicKey, withDomain(domain, [message]), signature),
  }
}

async function webSha256(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', copyBytes(bytes)))
}
