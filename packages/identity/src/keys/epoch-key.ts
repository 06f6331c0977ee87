/** Statements about epoch keys that both the sealing and the reading side make. */
import { concatBytes, encodeUtf8, idToBytes } from '@poruch/base'
import type { Bytes, EpochId, ScopeId, UserId } from '@poruch/base'
import { u32Bytes } from '../shape.ts'

export const epochKeySizeBytes = 32
export const epochKeyInfo: Bytes = encodeUtf8('poruch/epoch-key v1')
export const commitInfo: Bytes = encodeUtf8('poruch/commit v1')
export const epochWrapInfo: Bytes = encodeUtf8('poruch/epoch-wrap v1')

export interface SealTarget {
  readonly scope: ScopeId
  readonly epoch: EpochId
  readonly user: UserId
  readonly pukGen: number
}

/** Additional data of a sealed epoch key. */
export function sealContext(target: SealTarget): Bytes {
  return concatBytes(idToBytes(target.scope), idToBytes(target.epoch), idToBytes(target.user), u32Bytes(target.pukGen))
}

/** Additional data of the previous key wrapped under the one of `gen`. */
export function wrapContext(scope: ScopeId, gen: number): Bytes {
  return concatBytes(idToBytes(scope), u32Bytes(gen))
}
