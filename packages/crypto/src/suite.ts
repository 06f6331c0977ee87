/** The port for all cryptography: WebCrypto and HPKE in the product, a keyed hash in the simulator. */
import type { Bytes } from '@poruch/base'

/** What holding no secret can do: all that a relay or a reader of a public log needs. */
export interface VerifySuite {
  /** Plain SHA-256, 32 bytes. For Merkle trees and foreign formats only; everything of ours has a tag. */
  sha256(bytes: Uint8Array): Promise<Bytes>
  /** SHA-256(u8 length of tag | tag | parts…), 32 bytes. */
  hash(tag: string, ...parts: readonly Uint8Array[]): Promise<Bytes>
  /** Ed25519 (RFC 8032, strict) over u8 length of domain | domain | message. False for any malformed key or signature. */
  verify(publicKey: Uint8Array, domain: string, message: Uint8Array, signature: Uint8Array): Promise<boolean>
}

/** An Ed25519 key pair. Plain data that structured clone keeps: `handle` is a non-extractable CryptoKey. */
export interface SigningKey {
  readonly publicKey: Bytes
  readonly handle: unknown
}

/** An X25519 key pair for HPKE; plain data as above. */
export interface HpkeKey {
  readonly publicKey: Bytes
  readonly handle: unknown
}

/** An AES-256-GCM key; non-extractable. Structured clone keeps it. */
export interface AeadKey {
  readonly handle: unknown
}

export interface HpkeSealed {
  /** 32 bytes. */
  readonly enc: Bytes
  /** Plaintext + 16 bytes. */
  readonly ct: Bytes
}

/** What the holder of a signing key can do, besides verifying. */
export interface SignSuite extends VerifySuite {
  generateSigningKey(): Promise<SigningKey>
  /** The key of a 32-byte RFC 8032 seed. */
  signingKeyFromSeed(seed: Uint8Array): Promise<SigningKey>
  /** 64 bytes, over u8 length of domain | domain | message. */
  sign(key: SigningKey, domain: string, message: Uint8Array): Promise<Bytes>
}

export interface Suite extends SignSuite {
  generateHpkeKey(): Promise<HpkeKey>
  /** RFC 9180 DeriveKeyPair of at least 32 bytes. */
  hpkeKeyFromSeed(seed: Uint8Array): Promise<HpkeKey>
  /** RFC 9180 base mode, single shot. @throws CryptoError `bad-key` when the recipient's key is not one. */
  hpkeSeal(recipient: Uint8Array, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<HpkeSealed>
  /** Null when it does not open. */
  hpkeOpen(recipient: HpkeKey, sealed: HpkeSealed, info: Uint8Array, aad: Uint8Array): Promise<Bytes | null>
  /** HKDF-SHA256 (RFC 5869), `sizeBytes` ≤ 8160. */
  deriveBytes(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, sizeBytes: number): Promise<Bytes>
  /** HKDF-SHA256 into a non-extractable AES-256-GCM key. */
  deriveAeadKey(secret: Uint8Array, salt: Uint8Array, info: Uint8Array): Promise<AeadKey>
  /** A fresh non-extractable AES-256-GCM key. */
  generateAeadKey(): Promise<AeadKey>
  /** AES-256-GCM; nonce 12 bytes; returns ciphertext | 16-byte tag. A nonce must never be used twice with one key. */
  seal(key: AeadKey, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Bytes>
  /** Null when it does not open. */
  open(key: AeadKey, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Promise<Bytes | null>
}
