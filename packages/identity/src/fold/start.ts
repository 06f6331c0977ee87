/** What a newcomer is given in place of a long log: a Checkpoint, the state that it commits to, and the proof that an owner wrote it. */
import { makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes, Judged, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { maxRecordBytes } from '../bounds.ts'
import type { RecordBytes, ScopeFold } from '../fold-api.ts'
import { decodeEntry, decodeRecord } from '../scope-log/entry.ts'
import { maxStateBytes } from './checkpoints.ts'
import { importState } from './import-state.ts'
import { isOwnerProof, maxOwnerProofRecords, ownerProofIn } from './owner-proof.ts'
import { refuse } from './reasons.ts'
import type { FoldReason } from './reasons.ts'

/** The state, which is far below its own bound, and the proof. */
export const maxStartBytes = maxStateBytes + 16_777_216

export interface OpenedStart {
  readonly fold: ScopeFold
  /** The Checkpoint's position and record. */
  readonly pos: number
  readonly checkpoint: RecordBytes
}

/**
 * The start at the log's last Checkpoint; null where there is none, or it would be too large. `records` are all of the log up to it.
 * O(state, records), without signatures.
 */
export async function makeStart(fold: ScopeFold, records: readonly RecordBytes[]): Promise<Bytes | null> {
  const exported = await fold.exportState()
  const checkpoint = exported && records[exported.pos]
  const proof = exported && ownerProofIn(fold, records.slice(0, exported.pos))
  if (!checkpoint || !proof) return null
  const writer = makeByteWriter().u8(1).u16(proof.length)
  for (const record of proof) writer.bytes32(record)
  const bytes = writer.bytes32(checkpoint).raw(exported.state).done()
  return bytes.length > maxStartBytes ? null : bytes
}

/** Beside the reasons of `importState`: `untrusted` when the proof does not make the Checkpoint's author an owner. */
export async function openStart(suite: VerifySuite, scope: ScopeId, bytes: Uint8Array): Promise<Judged<OpenedStart, FoldReason>> {
  const read = readStart(bytes)
  if (!read) return refuse('bad-bytes')
  const { proof, checkpoint, state, device, pos } = read
  if (!(await isOwnerProof(suite, { scope, device, records: proof }))) return refuse('untrusted')
  const judged = await importState({ suite, scope, state, checkpoint, owner: device })
  return judged.ok ? { ok: true, value: { fold: judged.value, pos, checkpoint } } : judged
}

interface ReadStart {
  readonly proof: readonly RecordBytes[]
  readonly checkpoint: RecordBytes
  readonly state: Bytes
  readonly device: ReturnType<typeof decodeEntry>['device']
  readonly pos: number
}

function readStart(bytes: Uint8Array): ReadStart | null {
  if (bytes.length > maxStartBytes) return null
  try {
    const reader = makeByteReader(bytes)
    if (reader.u8() !== 1) return null
    const count = reader.u16()
    if (count > maxOwnerProofRecords) return null
    const proof = Array.from({ length: count }, () => reader.bytes32(maxRecordBytes))
    const checkpoint = reader.bytes32(maxRecordBytes)
    const { device, pos } = decodeEntry(decodeRecord(checkpoint).entry)
    return { proof, checkpoint, state: reader.rest(), device, pos }
  } catch {
    return null
  }
}
