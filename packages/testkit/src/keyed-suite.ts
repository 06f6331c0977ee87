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
  const hashes = makeHashes()
  return { ...hashing(hashes), ...signing(random, hashes, keys), ...symmetric(random, hashes), ...hpke(random, hashes) }
}

function hashing({ sha256 }: Hashes): Pick<Suite, 'sha256' | 'hash'> {
  return {
    sha256: async (bytes) => sha256(bytes),
    hash: async (tag, ...parts) => sha256(...withDomain(tag, parts)),
  }
}

function signing(
  random: Random,
  { sha512, publicOf }: Hashes,
  keys: KeyRegistry,
): Pick<Suite, 'generateSigningKey' | 'signingKeyFromSeed' | 'sign' | 'verify'> {
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
      return sha512(secret, ...withDomain(domain, [message]))
    },
    verify: async (publicKey, domain, message, signature) => {
      const secret = keys.get(toHex(publicKey))
      if (!secret || signature.length !== signatureSizeBytes) return false
      return equalBytes(sha512(secret, ...withDomain(domain, [message])), signature)
    },
  }
}

function symmetric(random: Random, hashes: Hashes): Pick<Suite, 'deriveBytes' | 'deriveAeadKey' | 'generateAeadKey' | 'seal' | 'open'> {
  const { derive } = hashes
  return {
    deriveBytes: async (secret, salt, info, sizeBytes) => derive({ secret, salt, info, sizeBytes }),
    deriveAeadKey: async (secret, salt, info) => aeadKey(derive({ secret, salt, info, sizeBytes: aeadKeySizeBytes })),
    generateAeadKey: async () => aeadKey(random.bytes(aeadKeySizeBytes)),
    seal: async (key, nonce, aad, plaintext) => {
      const secret = secretOf(key.handle, 'aead')
      if (nonce.length !== aeadNonceSizeBytes) throw new CryptoError('bad-size', `a nonce of ${nonce.length} bytes`)
      return sealUnder(hashes, { secret, nonce, aad }, plaintext)
    },
    open: async (key, nonce, aad, ciphertext) => {
      const secret = secretOf(key.handle, 'aead')
      return nonce.length === aeadNonceSizeBytes ? openUnder(hashes, { secret, nonce, aad }, ciphertext) : null
    },
  }
}

function hpke(random: Random, hashes: Hashes): Pick<Suite, 'generateHpkeKey' | 'hpkeKeyFromSeed' | 'hpkeSeal' | 'hpkeOpen'> {
  const { sha256, publicOf } = hashes
  const keyOf = (seed: Uint8Array): HpkeKey => {
    if (seed.length < seedSizeBytes || seed.length > maxHpkeSeedSizeBytes)
      throw new CryptoError('bad-size', `a seed of ${seed.length} bytes`)
    const secret = sha256(encodeUtf8('hpke-seed'), seed)
    return { publicKey: publicOf('hpke', secret), handle: { kind: 'hpke', secret } satisfies Handle }
  }
  const shared = (publicKey: Uint8Array, enc: Uint8Array, info: Uint8Array): Bytes =>
    sha256(publicKey, encodeUtf8('hpke-shared'), enc, info)
  return {
    generateHpkeKey: async () => keyOf(random.bytes(seedSizeBytes)),
    hpkeKeyFromSeed: async (seed) => keyOf(seed),
    hpkeSeal: async (recipient, info, aad, plaintext) => {
      // Zero stands for the points of small order that the real suite refuses.
      if (recipient.length !== hpkeKeySizeBytes || recipient.every((byte) => byte === 0)) throw new CryptoError('bad-key', 'no HPKE key')
      const enc = sha256(encodeUtf8('hpke-enc'), random.bytes(seedSizeBytes))
      return { enc, ct: sealUnder(hashes, { secret: shared(recipient, enc, info), nonce: zeroNonce, aad }, plaintext) }
    },
    hpkeOpen: async (recipient, sealed, info, aad) => {
      const publicKey = publicOf('hpke', secretOf(recipient.handle, 'hpke'))
      if (sealed.enc.length !== hpkeEncSizeBytes || !equalBytes(publicKey, recipient.publicKey)) return null
      return openUnder(hashes, { secret: shared(publicKey, sealed.enc, info), nonce: zeroNonce, aad }, sealed.ct)
    },
  }
}

/** The bound of the real suite. */
const maxHpkeSeedSizeBytes = 8192

const zeroNonce = new Uint8Array(aeadNonceSizeBytes)

/**
 * Every device of a world checks and opens the same bytes, so answers are kept. With a secret before it, a plain hash stands for a keyed
 * one: whoever can lengthen a message here has the secret anyway.
 */
interface Hashes {
  sha256(...parts: readonly Uint8Array[]): Bytes
  sha512(...parts: readonly Uint8Array[]): Bytes
  derive(input: Derivation): Bytes
  publicOf(kind: Kind, secret: Uint8Array): Bytes
  /** Sealed with the stream of a secret and a nonce, or opened. */
  xored(under: Pick<Under, 'secret' | 'nonce'>, input: Uint8Array): Bytes
}

interface Derivation {
  readonly secret: Uint8Array
  readonly salt: Uint8Array
  readonly info: Uint8Array
  readonly sizeBytes: number
}

/** Of each kind: what devices ask for at about the same time. When there are so many, all are forgotten. */
const maxAnswersKept = 8192
/** Envelopes and entries are shorter; what is longer costs more to keep than to hash. */
const maxInputKeptBytes = 2048

function makeHashes(): Hashes {
  const [of256, of512, derived, streams] = [keepAnswers(), keepAnswers(), keepAnswers(), keepAnswers()]
  const sha256: Hashes['sha256'] = (...parts) => {
    const input = concatBytes(...parts)
    return of256(input, () => hash('sha256', input, 'buffer'))
  }
  return {
    sha256,
    sha512: (...parts) => {
      const input = concatBytes(...parts)
      return of512(input, () => hash('sha512', input, 'buffer'))
    },
    derive: (input) => {
      const { secret, salt, info, sizeBytes } = input
      const sizes = Uint32Array.of(secret.length, salt.length, sizeBytes)
      return derived(concatBytes(new Uint8Array(sizes.buffer), secret, salt, info), () => derive(input))
    },
    publicOf: (kind, secret) => sha256(encodeUtf8(`public-${kind}`), secret),
    xored: ({ secret, nonce }, input) => {
      if (input.length === 0) return new Uint8Array(0)
      const name = concatBytes(secret, nonce, new Uint8Array(Uint32Array.of(input.length).buffer))
      const output = streams(name, () =>
        hash('shake256', concatBytes(secret, nonce), { outputEncoding: 'buffer', outputLength: input.length }),
      )
      for (let index = 0; index < output.length; index++) output[index] = (output[index] ?? 0) ^ (input[index] ?? 0)
      return output
    },
  }
}

function keepAnswers(): (input: Uint8Array, compute: () => Uint8Array) => Bytes {
  const kept = new Map<string, Uint8Array>()
  return (input, compute) => {
    if (input.length > maxInputKeptBytes) return copyBytes(compute())
    const name = Buffer.prototype.latin1Slice.call(input, 0, input.length)
    const known = kept.get(name)
    if (known) return copyBytes(known)
    const answer = compute()
    if (kept.size >= maxAnswersKept) kept.clear()
    kept.set(name, answer)
    return copyBytes(answer)
  }
}

function withDomain(tag: string, parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const head = domains.get(tag) ?? domainOf(tag)
  domains.set(tag, head)
  return [head, ...parts]
}

/** The tags of this program, each with its length before it. */
const domains = new Map<string, Bytes>()

function domainOf(tag: string): Bytes {
  const name = encodeUtf8(tag)
  if (name.length > maxTagSizeBytes) throw new CryptoError('bad-size', `a tag of ${name.length} bytes`)
  return concatBytes(Uint8Array.of(name.length), name)
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

function derive({ secret, salt, info, sizeBytes }: Derivation): Bytes {
  if (!Number.isInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > maxDerivedSizeBytes) {
    throw new CryptoError('bad-size', `${sizeBytes} bytes asked of HKDF`)
  }
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, sizeBytes))
}

interface Under {
  readonly secret: Bytes
  readonly nonce: Uint8Array
  readonly aad: Uint8Array
}

function sealUnder(hashes: Hashes, under: Under, plaintext: Uint8Array): Bytes {
  const ct = hashes.xored(under, plaintext)
  return concatBytes(ct, tagOf(hashes, under, ct))
}

function openUnder(hashes: Hashes, under: Under, ciphertext: Uint8Array): Bytes | null {
  if (ciphertext.length < aeadTagSizeBytes) return null
  const ct = ciphertext.subarray(0, -aeadTagSizeBytes)
  const tag = ciphertext.subarray(-aeadTagSizeBytes)
  return equalBytes(tag, tagOf(hashes, under, ct)) ? hashes.xored(under, ct) : null
}

function tagOf({ sha256 }: Hashes, { secret, nonce, aad }: Under, ct: Uint8Array): Bytes {
  const size = encodeUtf8(`tag ${aad.length} `)
  return sha256(secret, size, nonce, aad, ct).slice(0, aeadTagSizeBytes)
}
