/** Signing with Ed25519 on WebCrypto. */
import type { Random } from '@poruch/base'
import { withDomain } from './domain.ts'
import { signEd25519 } from './ed25519.ts'
import { CryptoError } from './errors.ts'
import { cryptoKeyOf, keyPairFromPrivateBytes, wiping } from './key-handles.ts'
import { seedSizeBytes } from './sizes.ts'
import type { SigningKey, SignSuite, VerifySuite } from './suite.ts'
import { systemRandom } from './system-random.ts'
import { verifySuite } from './verify-suite.ts'

/** Keys are made of bytes of `random`; their handles are non-extractable CryptoKeys, also right after their birth. */
export function signSuite(random: Random = systemRandom, verify: VerifySuite = verifySuite()): SignSuite {
  return {
    ...verify,
    generateSigningKey: async () => wiping(random.bytes(seedSizeBytes), signingKeyFromSeed),
    signingKeyFromSeed,
    sign: async (key, domain, message) => signEd25519(cryptoKeyOf(key.handle, 'Ed25519'), withDomain(domain, [message])),
  }
}

async function signingKeyFromSeed(seed: Uint8Array): Promise<SigningKey> {
  if (seed.length !== seedSizeBytes) throw new CryptoError('bad-size', `a seed of ${seed.length} bytes instead of ${seedSizeBytes}`)
  return keyPairFromPrivateBytes('Ed25519', seed)
}
