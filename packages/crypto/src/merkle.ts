/** The Merkle tree hash of RFC 9162 §2.1. */
import { concatBytes, emptyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import type { VerifySuite } from './suite.ts'

const leafPrefix = Uint8Array.of(0)
const nodePrefix = Uint8Array.of(1)

/** 32 bytes over the leaves in their order; SHA-256 of nothing when there are none. */
export async function merkleRoot(suite: Pick<VerifySuite, 'sha256'>, leaves: readonly Uint8Array[]): Promise<Bytes> {
  let level = await Promise.all(leaves.map((leaf) => suite.sha256(concatBytes(leafPrefix, leaf))))
  // Pairing from the left and carrying an odd last node up gives the RFC's splits at the largest power of two.
  while (level.length > 1) level = await Promise.all(pairs(level).map((pair) => parent(suite, pair)))
  return level[0] ?? suite.sha256(emptyBytes)
}

type Pair = readonly [Bytes] | readonly [Bytes, Bytes]

function pairs(level: readonly Bytes[]): Pair[] {
  const result: Pair[] = []
  for (let index = 0; index < level.length; index += 2) {
    const left = level[index]
    const right = level[index + 1]
    if (left) result.push(right ? [left, right] : [left])
  }
  return result
}

async function parent(suite: Pick<VerifySuite, 'sha256'>, [left, right]: Pair): Promise<Bytes> {
  return right ? suite.sha256(concatBytes(nodePrefix, left, right)) : left
}
