/** Judges records one after another into the draft; nothing is committed here. */
import type { ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import type { RecordBytes } from '../fold-api.ts'
import { authenticate, readRecord, sequencerOf } from './authenticate.ts'
import type { Authentic, Read } from './authenticate.ts'
import { judgeEntry } from './judge.ts'
import type { Journal } from './journal.ts'
import { refuse } from './reasons.ts'
import type { Refused, Verdict } from './reasons.ts'
import { draftGlobals, isFrozen } from './state.ts'
import type { State } from './state.ts'

/** Signatures checked at once: enough to keep the crypto threads busy, few enough to bound memory. */
const windowSize = 128

export interface Batch {
  readonly suite: VerifySuite
  readonly state: State
  readonly journal: Journal
  /** Null: whatever scope the first entry begins. */
  readonly scope: ScopeId | null
  readonly nowMs: number | null
  /**
   * What is not countersigned yet: nothing; all of it; or a SetSequencer and what follows it, because what stands before that was
   * ordered by the old sequencer.
   */
  readonly unordered: 'none' | 'all' | 'from-take-over'
  /** Entries beside the log are judged also when a proven fraud has stopped it. */
  readonly beside: boolean
  /** Called after each entry. */
  readonly onEntry?: () => void
}

export async function judgeAll(batch: Batch, records: readonly RecordBytes[]): Promise<Verdict> {
  let takenOver = false
  for (let next = 0; next < records.length; next += windowSize) {
    const window = records.slice(next, next + windowSize)
    const reads = await Promise.all(window.map(async (record) => readRecord(batch.suite, record)))
    let { sequencer } = draftGlobals(batch.state)
    const checks = reads.map(async (read) => {
      if (!read) return refuse('bad-bytes')
      sequencer = sequencerOf(read, sequencer)
      takenOver ||= read.entry.op.kind === 'set-sequencer'
      const proposal = batch.unordered === 'all' || (batch.unordered === 'from-take-over' && takenOver)
      return authenticate(batch.suite, read, { sequencer, proposal })
    })
    const refused = await judgeWindow(batch, await Promise.all(checks))
    if (refused) return refused
  }
  return null
}

async function judgeWindow(
  batch: Batch,
  window: readonly ({ readonly ok: true; readonly value: Authentic } | Refused)[],
): Promise<Verdict> {
  for (const record of window) {
    const refused = record.ok ? await judgeNext(batch, record.value) : record
    if (refused) return refused
    batch.journal.seal()
    batch.onEntry?.()
  }
  return null
}

async function judgeNext(batch: Batch, { entry, id, scope, cutList, newcomer }: Authentic): Promise<Verdict> {
  const { suite, state, nowMs } = batch
  const { head } = draftGlobals(state)
  const refused = checkScope(batch, { entry, scope })
  if (refused) return refused
  const pos = head ? head.pos + 1 : 0
  if (entry.pos !== pos || entry.prev !== (head?.id ?? null)) return refuse('bad-position')
  if (!batch.beside && isFrozen(state) && entry.op.kind !== 'set-sequencer') return refuse('frozen')
  return judgeEntry({ suite, state, entry, id, scope, pos, cutList, newcomer, nowMs })
}

/** The entry is for the fold's scope, and only a first one is for none. */
export function checkScope({ state, scope }: Pick<Batch, 'state' | 'scope'>, read: Pick<Read, 'entry' | 'scope'>): Verdict {
  const expected = scope ?? draftGlobals(state).scope
  const fits = (expected === null || read.scope === expected) && (read.entry.scope === null) === (read.entry.pos === 0)
  return fits ? null : refuse('wrong-scope')
}
