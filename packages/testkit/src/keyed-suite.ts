/** A suite that is fast and deterministic instead of secure: every replica of a simulated world shares one. */
import { hash, hkdfSync } from 'node:crypto'
import { concatBytes, copyBytes, encodeUtf8, equalBytes, toHex } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import {
  aeadKeySizeBytes,
  aeadNonceSizeBytes,
  aeadTagSizeBytes,
  CryptoError,
  hpkeEncSizeBytes,
  hpkeKeySizeBytes,
  maxDerivedSizeBytes,
  maxTagSizeBytes,
  seedSizeBytes,
  signatureSizeBytes,
} from '@poruch/crypto/verify'
import type { AeadKey, HpkeKey, SigningKey, Suite } from '@poruch/crypto'

type Kind = 'sign' | 'hpke' | 'aead'

/** Plain data, so that structured clone keeps it. */
interface Handle {
  readonly kind: Kind
  readonly secret: Bytes
}

/** Signing secrets by public key in hexadecimal: what stands for the curve. It grows with a simulated world and dies with it. */
export type KeyRegistry = Map<string, Bytes>

/**
 * Sizes, errors, `sha256`, `hash` and `deriveBytes` are those of the real suite; everything resolves in microtasks.
 * A signature is a keyed hash under the secret that `keys` holds for the public key, and a public key is the hash of its secret: through
 * this interface nobody signs or opens without the handle. Suites that shall understand each other share `keys`.
 */
export function keyedHashSuite(random: Random, keys: KeyRegistry = new Map()): Suite {
  return { ...hashing(), ...signing(random, keys), ...symmetric(random), ...hpke(random) }
}

function hashing(): Pick<Suite, 'sha256' | 'hash'> {
  return {
    sha256: async (bytes) => sha256(bytes),
    hash: async (tag, ...parts) => sha256(...withDomain(tag, parts)),
  }
}

function signing(random: Random, keys: KeyRegistry): Pick<Suite, 'generateSigningKey' | 'signingKeyFromSeed' | 'sign' | 'verify'> {
  const keyOf = (seed: Uint8Array): SigningKey => {
    if (seed.length !== seedSizeBytes) throw new CryptoError('bad-size', `a seed of ${seed.length} bytes`)
    const secret = copyBytes(seed)
    const publicKey = publicOf('sign', secret)
    keys.set(toHex(publicKey), secret)
    return { publicKey, handle: { kind: 'sign', secret } satisfies Handle }
  }
  return {
    generateSigningKey: async () => keyOf(random.bytes(seedSizeBytes)),
    signingKeyFromSeed: async (seed) => keyOf(seed),
    sign: async (key, domain, message) => {
      const secret = secretOf(key.handle, 'sign')
      // A handle may outlive the suite that made it, in a simulated disk.
      keys.set(toHex(publicOf('sign', secret)), secret)
      return mac('sha512', secret, withDomain(domain, [message]))
    },
    verify: async (publicKey, domain, message, signature) => {
      const secret = keys.get(toHex(publicKey))
      if (!secret || signature.length !== signatureSizeBytes) return false
      return equalBytes(mac('sha512', secret, withDomain(domain, [message])), signature)
    },
  }
}

function symmetric(random: Random): Pick<Suite, 'deriveBytes' | 'deriveAeadKey' | 'generateAeadKey' | 'seal' | 'open'> {
  return {
    deriveBytes: async (secret, salt, info, sizeBytes) => derive({ secret, salt, info, sizeBytes }),
    deriveAeadKey: async (secret, salt, info) => aeadKey(derive({ secret, salt, info, sizeBytes: aeadKeySizeBytes })),
    generateAeadKey: async () => aeadKey(random.bytes(aeadKeySizeBytes)),
    seal: async (key, nonce, aad, plaintext) => {
      const secret = secretOf(key.handle, 'aead')
      if (nonce.length !== aeadNonceSizeBytes) throw new CryptoError('bad-size', `a nonce of ${nonce.length} bytes`)
      return sealUnder(secret, nonce, aad, plaintext)
    },
    open: async (key, nonce, aad, ciphertext) => {
      const secret = secretOf(key.handle, 'aead')
      return nonce.length === aeadNonceSizeBytes ? openUnder(secret, nonce, aad, ciphertext) : null
    },
  }
}

function hpke(random: Random): Pick<Suite, 'generateHpkeKey' | 'hpkeKeyFromSeed' | 'hpkeSeal' | 'hpkeOpen'> {
  const keyOf = (seed: Uint8Array): HpkeKey => {
    if (seed.length < seedSizeBytes || seed.length > maxHpkeSeedSizeBytes)
      throw new CryptoError('bad-size', `a seed of ${seed.length} bytes`)
    const secret = sha256(encodeUtf8('hpke-seed'), seed)
    return { publicKey: publicOf('hpke', secret), handle: { kind: 'hpke', secret } satisfies Handle }
  }
  const shared = (publicKey: Uint8Array, enc: Uint8Array, info: Uint8Array): Bytes =>
    mac('sha256', publicKey, [encodeUtf8('hpke-shared'), enc, info])
  return {
    generateHpkeKey: async () => keyOf(random.bytes(seedSizeBytes)),
    hpkeKeyFromSeed: async (seed) => keyOf(seed),
    hpkeSeal: async (recipient, info, aad, plaintext) => {
      // Zero stands for the points of small order that the real suite refuses.
      if (recipient.length !== hpkeKeySizeBytes || recipient.every((byte) => byte === 0)) throw new CryptoError('bad-key', 'no HPKE key')
      const enc = sha256(encodeUtf8('hpke-enc'), random.bytes(seedSizeBytes))
      return { enc, ct: sealUnder(shared(recipient, enc, info), zeroNonce, aad, plaintext) }
    },
    hpkeOpen: async (recipient, sealed, info, aad) => {
      const publicKey = publicOf('hpke', secretOf(recipient.handle, 'hpke'))
      if (sealed.enc.length !== hpkeEncSizeBytes || !equalBytes(publicKey, recipient.publicKey)) return null
      return openUnder(shared(publicKey, sealed.enc, info), zeroNonce, aad, sealed.ct)
    },
  }
}

/** The bound of the real suite. */
const maxHpkeSeedSizeBytes = 8192

const zeroNonce = new Uint8Array(aeadNonceSizeBytes)

function sha256(...parts: readonly Uint8Array[]): Bytes {
  return copyBytes(hash('sha256', concatBytes(...parts), 'buffer'))
}

/** A plain hash over the key and the parts: whoever can lengthen a message here has the secret anyway. */
function mac(algorithm: 'sha256' | 'sha512', key: Uint8Array, parts: readonly Uint8Array[]): Bytes {
  return copyBytes(hash(algorithm, concatBytes(key, ...parts), 'buffer'))
}

function withDomain(tag: string, parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const name = encodeUtf8(tag)
  if (name.length > maxTagSizeBytes) throw new CryptoError('bad-size', `a tag of ${name.length} bytes`)
  return [Uint8Array.of(name.length), name, ...parts]
}

function publicOf(kind: Kind, secret: Uint8Array): Bytes {
  return sha256(encodeUtf8(`public-${kind}`), secret)
}

function aeadKey(secret: Bytes): AeadKey {
  return { handle: { kind: 'aead', secret } satisfies Handle }
}

function secretOf(handle: unknown, kind: Kind): Bytes {
  if (typeof handle === 'object' && handle !== null && 'kind' in handle && handle.kind === kind && 'secret' in handle) {
    if (handle.secret instanceof Uint8Array) return copyBytes(handle.secret)
  }
  throw new CryptoError('bad-key', `no ${kind} key of this suite's`)
}

function derive(input: { secret: Uint8Array; salt: Uint8Array; info: Uint8Array; sizeBytes: number }): Bytes {
  const { secret, salt, info, sizeBytes } = input
  if (!Number.isInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > maxDerivedSizeBytes) {
    throw new CryptoError('bad-size', `${sizeBytes} bytes asked of HKDF`)
  }
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, sizeBytes))
}

function sealUnder(secret: Bytes, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Bytes {
  const ct = xorStream(secret, nonce, plaintext)
  return concatBytes(ct, tagOf(secret, nonce, aad, ct))
}

function openUnder(secret: Bytes, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Bytes | null {
  if (ciphertext.length < aeadTagSizeBytes) return null
  const ct = ciphertext.subarray(0, -aeadTagSizeBytes)
  const tag = ciphertext.subarray(-aeadTagSizeBytes)
  return equalBytes(tag, tagOf(secret, nonce, aad, ct)) ? xorStream(secret, nonce, ct) : null
}

function tagOf(secret: Bytes, nonce: Uint8Array, aad: Uint8Array, ct: Uint8Array): Bytes {
  const size = encodeUtf8(`tag ${aad.length} `)
  return mac('sha256', secret, [size, nonce, aad, ct]).slice(0, aeadTagSizeBytes)
}

function xorStream(secret: Bytes, nonce: Uint8Array, input: Uint8Array): Bytes {
  const output = copyBytes(input)
  if (output.length === 0) return output
  const stream = hash('shake256', concatBytes(secret, nonce), { outputEncoding: 'buffer', outputLength: output.length })
  for (let index = 0; index < output.length; index++) output[index] = (output[index] ?? 0) ^ (stream[index] ?? 0)
  return output
}
