/** Cut lists: what stands of the envelopes of those who lost a right. */
import { merkleRoot } from '@poruch/crypto/verify'
import type { VerifySuite } from '@poruch/crypto/verify'
import { idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { maxCutListBytes } from '../bounds.ts'
import { decodeCbor, encodeCbor } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { asId, asList, asTuple, asUint, checkSorted, maxU32 } from '../shape.ts'

/** A row of 32 + 32 + 32 bytes and their heads has more than 100 bytes. */
const maxCutRows = Math.floor(maxCutListBytes / 100)

/** Of this device's chain in this topic, what ends in `id` at `seq` stands. */
export interface CutRow {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly seq: number
  readonly id: EnvelopeId
}

/** Identifies a pair; string order is the order of the list. */
export function pairKey(topic: TopicId, device: DeviceId): string {
  return topic + device
}

function rowToCbor(row: CutRow): CborValue {
  return [idToBytes(row.topic), idToBytes(row.device), row.seq, idToBytes(row.id)]
}

function sorted(rows: readonly CutRow[]): CutRow[] {
  return rows.toSorted((a, b) => (pairKey(a.topic, a.device) < pairKey(b.topic, b.device) ? -1 : 1))
}

/** The list's bytes; rows may come in any order, no pair twice. */
export function encodeCutList(rows: readonly CutRow[]): Bytes {
  return encodeCbor(sorted(rows).map(rowToCbor))
}

/** @throws IdentityError */
export function decodeCutList(bytes: Uint8Array): readonly CutRow[] {
  const rows = asList(decodeCbor(bytes, maxCutListBytes), maxCutRows).map((row) => {
    const [topic, device, seq, id] = asTuple(row, 4)
    return { topic: asId<'topic'>(topic), device: asId<'device'>(device), seq: asUint(seq, maxU32), id: asId<'envelope'>(id) }
  })
  checkSorted(rows.map((row) => pairKey(row.topic, row.device)))
  return rows
}

/** 32 bytes; the hash of nothing for an empty list. */
export async function cutRootOf(suite: Pick<VerifySuite, 'sha256'>, rows: readonly CutRow[]): Promise<Bytes> {
  return merkleRoot(
    suite,
    sorted(rows).map((row) => encodeCbor(rowToCbor(row))),
  )
}
