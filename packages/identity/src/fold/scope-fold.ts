/** The fold of one scope's log: applies batches whole or not at all, and answers from what is committed. */
import type { Judged, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { IdentityError } from '../errors.ts'
import type { ApplyOptions, RecordBytes, ScopeFold, StateExport } from '../fold-api.ts'
import { judgeAll } from './batch.ts'
import type { Batch } from './batch.ts'
import { backTo } from './branches.ts'
import { packState, stateRootOf } from './checkpoints.ts'
import { makeJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { makeQueries } from './queries.ts'
import { refuse } from './reasons.ts'
import type { FoldReason, Verdict } from './reasons.ts'
import { judgeBranch, judgeFraud, judgeTakeOver } from './rivals.ts'
import { draftGlobals, globalsOf, makeState, tablesOf } from './state.ts'
import type { State } from './state.ts'

export interface ScopeFoldOptions {
  readonly suite: VerifySuite
  /** Null: whatever scope the first entry begins. */
  readonly scope: ScopeId | null
}

/** An empty fold. One entry costs two signatures and O(log n); an Epoch O(members) more, a Checkpoint O(state). */
export function makeScopeFold(options: ScopeFoldOptions): ScopeFold {
  return foldOver(makeState(), options)
}

/** A fold over what the state holds already. */
export function foldOver(state: State, { suite, scope }: ScopeFoldOptions): ScopeFold {
  const journal = makeJournal(state)
  const inTurn = makeQueue(state, journal)
  const commitLast = makeCommit(state, journal)
  const batchOf = ({ proposal, nowMs, judgedTo }: ApplyOptions): Batch => {
    const judging = judgedTo === undefined ? suite : withoutSignatures(suite)
    return { suite: judging, state, journal, scope, nowMs: nowMs ?? null, unordered: proposal === true ? 'all' : 'none', beside: false }
  }

  return {
    get scope() {
      const known = scope ?? globalsOf(state).scope
      if (!known) throw new IdentityError('no-genesis', 'the scope is not known before its first entry')
      return known
    },
    ...makeQueries(state),
    apply: async (records, options = {}) =>
      inTurn(async () => (await judgeAll(batchOf(options), records)) ?? endsElsewhere(state, options) ?? { ok: true, value: commitLast() }),
    takeOver: async (records, options = {}) =>
      inTurn(async () => {
        const judged = await judgeTakeOver(batchOf(options), records)
        return judged.ok ? { ok: true, value: { abandoned: judged.value, undo: commitLast() } } : judged
      }),
    stateRoot: async () => inTurn(async () => stateRootOf(suite, state)),
    exportState: async () => inTurn(async () => exported({ state, journal })),
    noteBranch: async (records) => inTurn(async () => committed(state, await judgeBranch(batchOf({}), records))),
    reportFraud: async (one: RecordBytes, other: RecordBytes) =>
      inTurn(async () => committed(state, await judgeFraud(batchOf({}), [one, other]))),
  }
}

/** For records whose signatures have been checked: each of them was good. */
function withoutSignatures(suite: VerifySuite): VerifySuite {
  return { ...suite, verify: async () => Promise.resolve(true) }
}

function endsElsewhere(state: State, { judgedTo }: ApplyOptions): Verdict {
  return judgedTo === undefined || draftGlobals(state).head?.id === judgedTo ? null : refuse('bad-position')
}

/** Runs one judgement after another; whatever one of them leaves in the draft is gone before the next. */
function makeQueue(state: State, journal: Journal): <Value>(judge: () => Promise<Value>) => Promise<Value> {
  let running: Promise<unknown> = Promise.resolve()
  const discard = (): void => {
    for (const table of tablesOf(state)) table.discard()
    journal.discard()
  }
  return async (judge) => {
    const outcome = running.then(judge).finally(discard)
    running = outcome.catch(() => null)
    return outcome
  }
}

/** The state that the last Checkpoint commits to. */
function exported(draft: { state: State; journal: Journal }): StateExport | null {
  const pos = globalsOf(draft.state).checkpointPos
  return pos >= 0 && backTo(draft, pos - 1) ? { pos, state: packState(draft.state) } : null
}

/** Makes the draft real; the value undoes that, while nothing else has been made real since. */
function makeCommit(state: State, journal: Journal): () => () => void {
  let last: object | null = null
  return () => {
    const undos = [...tablesOf(state).map((table) => table.commit()), journal.commit()]
    const before = last
    const mine = {}
    last = mine
    return () => {
      if (last !== mine) throw new IdentityError('stale-undo', 'only the last batch can be undone')
      for (const undo of undos) undo()
      last = before
    }
  }
}

/** What is learnt about others is kept, and no batch: it is not undone. */
function committed<Value>(state: State, judged: Judged<Value, FoldReason>): Judged<Value, FoldReason> {
  if (judged.ok) for (const table of [state.frauds, state.branches, state.elsewhere]) table.commit()
  return judged
}
