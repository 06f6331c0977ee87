/** One secret sealed under a key derived from another: nonce | AES-256-GCM. */
import { concatBytes } from '@poruch/base'
import type { Bytes, Random } from '@poruch/base'
import type { Suite } from '@poruch/crypto'

export const nonceSizeBytes = 12

export interface Wrapping {
  readonly suite: Suite
  /** 32 bytes, from which the wrapping key is derived. */
  readonly key: Bytes
  readonly salt: Bytes
  readonly info: Bytes
  readonly aad: Bytes
}

export async function wrapSecret({ suite, random, secret, ...wrapping }: Wrapping & { random: Random; secret: Bytes }): Promise<Bytes> {
  const nonce = random.bytes(nonceSizeBytes)
  const key = await suite.deriveAeadKey(wrapping.key, wrapping.salt, wrapping.info)
  return concatBytes(nonce, await suite.seal(key, nonce, wrapping.aad, secret))
}

/** Null when it does not open. */
export async function openWrapped({ suite, wrapped, ...wrapping }: Wrapping & { wrapped: Bytes }): Promise<Bytes | null> {
  if (wrapped.length <= nonceSizeBytes) return null
  const key = await suite.deriveAeadKey(wrapping.key, wrapping.salt, wrapping.info)
  return suite.open(key, wrapped.slice(0, nonceSizeBytes), wrapping.aad, wrapped.slice(nonceSizeBytes))
}
