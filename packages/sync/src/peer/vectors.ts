/** What two peers compare: one root, then digests, then vectors. */
import { concatBytes, idToBytes, makeByteWriter, parseHex, toHex } from '@poruch/base'
import type { Bytes, TopicId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import type { Head } from '../ports.ts'

const digestSizeBytes = 8

export interface TopicDigest {
  readonly topic: TopicId
  /** 16 hexadecimal characters. */
  readonly digest: string
}

/** Equal where the same chains are held to the same ends, on the same branches. */
export async function digestOf(suite: VerifySuite, heads: readonly Head[]): Promise<string> {
  const writer = makeByteWriter()
  for (const head of heads.toSorted((a, b) => (a.device < b.device ? -1 : 1)))
    writer.raw(idToBytes(head.device)).u32(head.seq).raw(idToBytes(head.id))
  return toHex((await suite.hash('poruch/digest v1', writer.done())).subarray(0, digestSizeBytes))
}

/** 64 hexadecimal characters. */
export async function rootOf(suite: VerifySuite, digests: readonly TopicDigest[]): Promise<string> {
  const sorted = digests.toSorted((a, b) => (a.topic < b.topic ? -1 : 1))
  const parts = sorted.map(({ topic, digest }) => concatBytes(idToBytes(topic), parseHex(digest) as Bytes))
  return toHex(await suite.hash('poruch/root v1', concatBytes(...parts)))
}
