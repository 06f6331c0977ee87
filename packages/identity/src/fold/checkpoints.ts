/** Checkpoint: an owner's commitment to the state, so that newcomers can start there. */
import { concatBytes, copyBytes, equalBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { merkleRoot } from '@poruch/crypto/verify'
import type { VerifySuite } from '@poruch/crypto/verify'
import { IdentityError } from '../errors.ts'
import { roles } from '../roles.ts'
import type { ScopeOpOf } from '../scope-log/ops.ts'
import { u32Bytes } from '../shape.ts'
import type { Author, Judging } from './judging.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import { maxStateRowBytes } from './state-fields.ts'
import { stateRows } from './state-rows.ts'
import { changeGlobals } from './state.ts'
import type { State } from './state.ts'

/** A state with its rows: 5,000 members with their histories are below 10 MiB. */
export const maxStateBytes = 67_108_864

/** 32 bytes over the rows of the draft's state. O(state). */
export async function stateRootOf(suite: Pick<VerifySuite, 'sha256'>, state: State): Promise<Bytes> {
  return merkleRoot(suite, stateRows(state))
}

export async function judgeCheckpoint({ suite, state, pos }: Judging, author: Author, op: ScopeOpOf<'checkpoint'>): Promise<Verdict> {
  if (author.role !== roles.owner) return refuse('no-right')
  if (!equalBytes(op.stateRoot, await stateRootOf(suite, state))) return refuse('bad-state')
  changeGlobals(state, { checkpointPos: pos })
  return null
}

/** The rows of the draft's state, one after another. */
export function packState(state: State): Bytes {
  return concatBytes(...stateRows(state).flatMap((row) => [u32Bytes(row.length), row]))
}

/** @throws IdentityError `too-large` | `bad-shape` */
export function unpackRows(bytes: Uint8Array): readonly Bytes[] {
  if (bytes.length > maxStateBytes) throw new IdentityError('too-large', `${bytes.length} bytes of state`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const rows: Bytes[] = []
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 4) throw new IdentityError('bad-shape', 'a row without its length')
    const size = view.getUint32(at)
    if (size > maxStateRowBytes) throw new IdentityError('too-large', `a row of ${size} bytes`)
    at += 4
    if (bytes.length - at < size) throw new IdentityError('bad-shape', 'a row that ends early')
    rows.push(copyBytes(bytes.subarray(at, at + size)))
    at += size
  }
  return rows
}
