/** A fold that begins at a Checkpoint: apart from the fold itself, because only newcomers need it. */
import type { DeviceId, Judged, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import type { RecordBytes, ScopeFold } from '../fold-api.ts'
import { parsed } from '../parse.ts'
import { readRecord } from './authenticate.ts'
import { unpackRows } from './checkpoints.ts'
import { refuse } from './reasons.ts'
import type { FoldReason } from './reasons.ts'
import { foldOver } from './scope-fold.ts'
import { restoreState } from './state-restore.ts'
import { makeState, tablesOf } from './state.ts'

export interface ImportOptions {
  readonly suite: VerifySuite
  readonly scope: ScopeId
  /** What `exportState` gave, and the record of its Checkpoint. */
  readonly state: Uint8Array
  readonly checkpoint: RecordBytes
  /** A device that the newcomer knows from elsewhere to be an owner's: nothing inside the bytes can prove that. */
  readonly owner: DeviceId
}

/**
 * A fold that begins at a Checkpoint. Beside the reasons of an entry: `untrusted` when another device wrote the Checkpoint, `bad-bytes`,
 * and `bad-state` when the state is not the one that it commits to. O(state).
 */
export async function importState(options: ImportOptions): Promise<Judged<ScopeFold, FoldReason>> {
  const { suite, scope, checkpoint, owner } = options
  const read = await readRecord(suite, checkpoint)
  if (!read) return refuse('bad-bytes')
  if (read.entry.device !== owner || read.entry.op.kind !== 'checkpoint') return refuse('untrusted')
  const state = makeState()
  const restored = parsed((bytes) => {
    restoreState(state, unpackRows(bytes))
    return true
  }, options.state)
  if (!restored) return refuse('bad-bytes')
  for (const table of tablesOf(state)) table.commit()
  const fold = foldOver(state, { suite, scope })
  const judged = await fold.apply([checkpoint])
  return judged.ok ? { ok: true, value: fold } : judged
}
