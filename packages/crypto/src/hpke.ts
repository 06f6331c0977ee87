/** HPKE (RFC 9180), base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */
import { copyBytes, parseBase64Url } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256, HpkeError } from '@hpke/core'
import { CryptoError } from './errors.ts'
import { cryptoKeyOf, keyPairFromPrivateBytes, wiping } from './key-handles.ts'
import { aeadTagSizeBytes, hpkeEncSizeBytes, hpkeKeySizeBytes, seedSizeBytes } from './sizes.ts'
import type { HpkeKey, HpkeSealed, Suite } from './suite.ts'

type HpkePart = Pick<Suite, 'generateHpkeKey' | 'hpkeKeyFromSeed' | 'hpkeSeal' | 'hpkeOpen'>

/** RFC 9180 §7.2.1 for this library: longer seeds are refused. */
const maxSeedSizeBytes = 8192

export function makeHpke(random: Random): HpkePart {
  const kem = new DhkemX25519HkdfSha256()
  const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() })
  return {
    generateHpkeKey: async () => wiping(random.bytes(seedSizeBytes), async (seed) => keyFromSeed(kem, seed)),
    hpkeKeyFromSeed: async (seed) => keyFromSeed(kem, seed),
    hpkeSeal: async (recipient, info, aad, plaintext) => {
      const recipientPublicKey = await publicKeyFrom(kem, recipient)
      // The ephemeral pair is DeriveKeyPair of fresh bytes (RFC 9180 §4), so that all chance comes through the port.
      const params = { recipientPublicKey, info: copyBytes(info), ekm: random.bytes(seedSizeBytes) }
      try {
        const { enc, ct } = await suite.seal(params, copyBytes(plaintext), copyBytes(aad))
        return { enc: new Uint8Array(enc), ct: new Uint8Array(ct) }
      } catch (thrown) {
        // A point of small order is found only now, by the all-zero secret that it gives.
        throw badKey(thrown)
      }
    },
    hpkeOpen: async (recipient, sealed, info, aad) => {
      const privateKey = cryptoKeyOf(recipient.handle, 'X25519')
      if (sealed.enc.length !== hpkeEncSizeBytes || sealed.ct.length < aeadTagSizeBytes) return null
      const recipientKey = { privateKey, publicKey: await publicKeyFrom(kem, recipient.publicKey) }
      return openOrNull(suite, { recipientKey, sealed, info, aad })
    },
  }
}

async function openOrNull(
  suite: CipherSuite,
  input: { recipientKey: CryptoKeyPair; sealed: HpkeSealed; info: Uint8Array; aad: Uint8Array },
): Promise<Bytes | null> {
  const params = { recipientKey: input.recipientKey, enc: copyBytes(input.sealed.enc), info: copyBytes(input.info) }
  try {
    return new Uint8Array(await suite.open(params, copyBytes(input.sealed.ct), copyBytes(input.aad)))
  } catch (thrown) {
    if (thrown instanceof HpkeError) return null
    throw thrown
  }
}

async function keyFromSeed(kem: DhkemX25519HkdfSha256, seed: Uint8Array): Promise<HpkeKey> {
  if (seed.length < seedSizeBytes || seed.length > maxSeedSizeBytes) throw new CryptoError('bad-size', `a seed of ${seed.length} bytes`)
  // The library's pairs can be exported; ours cannot, so the scalar is taken over.
  const { privateKey } = await kem.deriveKeyPair(copyBytes(seed))
  const { d } = await crypto.subtle.exportKey('jwk', privateKey)
  const scalar = parseBase64Url(d ?? '')
  if (!scalar) throw new CryptoError('bad-key', 'the platform gave no private key')
  return wiping(scalar, async (own) => keyPairFromPrivateBytes('X25519', own))
}

async function publicKeyFrom(kem: DhkemX25519HkdfSha256, publicKey: Uint8Array): Promise<CryptoKey> {
  if (publicKey.length !== hpkeKeySizeBytes) throw new CryptoError('bad-key', `${publicKey.length} bytes instead of ${hpkeKeySizeBytes}`)
  try {
    return await kem.deserializePublicKey(copyBytes(publicKey))
  } catch (thrown) {
    throw badKey(thrown)
  }
}

function badKey(thrown: unknown): CryptoError {
  return new CryptoError('bad-key', 'not an X25519 public key', { cause: thrown })
}
