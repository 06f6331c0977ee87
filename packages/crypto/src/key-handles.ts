/** Brings private keys into WebCrypto so that nothing can take them out again. */
import { concatBytes, parseBase64Url } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { CryptoError } from './errors.ts'

type Curve = 'Ed25519' | 'X25519'

/** RFC 8410 §7: everything of a PKCS #8 key that stands before its 32 bytes. */
const pkcs8Prefix: Readonly<Record<Curve, Bytes>> = {
  Ed25519: Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20),
  X25519: Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20),
}

const usages: Readonly<Record<Curve, readonly ['sign'] | readonly ['deriveBits']>> = { Ed25519: ['sign'], X25519: ['deriveBits'] }

interface KeyPairHandle {
  readonly publicKey: Bytes
  /** A non-extractable CryptoKey. */
  readonly handle: CryptoKey
}

/** The pair of 32 private bytes: an RFC 8032 seed or an RFC 7748 scalar. */
export async function keyPairFromPrivateBytes(curve: Curve, privateBytes: Uint8Array): Promise<KeyPairHandle> {
  const pkcs8 = concatBytes(pkcs8Prefix[curve], privateBytes)
  try {
    const [readable, handle] = await Promise.all([
      crypto.subtle.importKey('pkcs8', pkcs8, curve, true, usages[curve]),
      crypto.subtle.importKey('pkcs8', pkcs8, curve, false, usages[curve]),
    ])
    return { publicKey: await publicKeyOf(readable), handle }
  } finally {
    pkcs8.fill(0)
  }
}

/** The public half of a key that may still be read. WebCrypto tells it as part of a JWK only. */
async function publicKeyOf(readable: CryptoKey): Promise<Bytes> {
  const { x } = await crypto.subtle.exportKey('jwk', readable)
  const publicKey = parseBase64Url(x ?? '')
  if (publicKey?.length !== 32) throw new CryptoError('bad-key', 'the platform gave no public key')
  return publicKey
}

/** The CryptoKey in a handle. @throws CryptoError `bad-key` when it is none, or one for another algorithm. */
export function cryptoKeyOf(handle: unknown, algorithm: Curve | 'AES-GCM'): CryptoKey {
  if (handle instanceof CryptoKey && handle.algorithm.name === algorithm) return handle
  throw new CryptoError('bad-key', `no ${algorithm} key of WebCrypto's`)
}

/** Fills the secret with zeros after its use; it must belong to the caller. Copies that the platform made are out of reach. */
export async function wiping<T>(secret: Bytes, use: (secret: Bytes) => Promise<T>): Promise<T> {
  try {
    return await use(secret)
  } finally {
    secret.fill(0)
  }
}
