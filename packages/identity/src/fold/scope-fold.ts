/** The fold of one scope's log: applies batches whole or not at all, and answers from what is committed. */
import type { Judged, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { IdentityError } from '../errors.ts'
import type { ApplyOptions, RecordBytes, ScopeFold } from '../fold-api.ts'
import { authenticate } from './authenticate.ts'
import type { Authentic } from './authenticate.ts'
import { judgeEntry } from './judge.ts'
import { makeQueries } from './queries.ts'
import { refuse } from './reasons.ts'
import type { FoldReason, Verdict } from './reasons.ts'
import { draftGlobals, globalsOf, makeState } from './state.ts'
import type { State } from './state.ts'

/** Signatures checked at once: enough to keep the crypto threads busy, few enough to bound memory. */
const windowSize = 128

export interface ScopeFoldOptions {
  readonly suite: VerifySuite
  /** Null: whatever scope the first entry begins. */
  readonly scope: ScopeId | null
}

/** An empty fold. One entry costs two signatures and O(log n); an Epoch O(members) more. */
export function makeScopeFold({ suite, scope }: ScopeFoldOptions): ScopeFold {
  const state = makeState()
  let last: object | null = null
  let running: Promise<unknown> = Promise.resolve()

  const judgeBatch = async (records: readonly RecordBytes[], options: ApplyOptions): Promise<Judged<() => void, FoldReason>> => {
    const refused = await judgeAll({ suite, state, scope, options }, records)
    if (refused) {
      discard(state)
      return refused
    }
    const undo = commit(state)
    const before = last
    const mine = {}
    last = mine
    return {
      ok: true,
      value: () => {
        if (last !== mine) throw new IdentityError('stale-undo', 'only the last batch can be undone')
        undo()
        last = before
      },
    }
  }

  return {
    get scope() {
      const known = scope ?? globalsOf(state).scope
      if (!known) throw new IdentityError('no-genesis', 'the scope is not known before its first entry')
      return known
    },
    ...makeQueries(state),
    apply: async (records, options = {}) => {
      const batch = running.then(async () => judgeBatch(records, options))
      running = batch.catch(() => discard(state))
      return batch
    },
  }
}

interface Batch {
  readonly suite: VerifySuite
  readonly state: State
  readonly scope: ScopeId | null
  readonly options: ApplyOptions
}

async function judgeAll(batch: Batch, records: readonly RecordBytes[]): Promise<Verdict> {
  let next = 0
  while (next < records.length) {
    const { sequencer } = draftGlobals(batch.state)
    const expected = { sequencer, proposal: batch.options.proposal === true }
    // The first entry names the sequencer of the others.
    const window = records.slice(next, next + (sequencer ? windowSize : 1))
    next += window.length
    const checked = await Promise.all(window.map(async (record) => authenticate(batch.suite, record, expected)))
    for (const record of checked) {
      const refused = record.ok ? await judgeNext(batch, record.value) : record
      if (refused) return refused
    }
  }
  return null
}

async function judgeNext(
  { suite, state, scope, options }: Batch,
  { entry, id, scope: entryScope, cutList, newcomer }: Authentic,
): Promise<Verdict> {
  const globals = draftGlobals(state)
  const expectedScope = scope ?? globals.scope
  if ((expectedScope !== null && entryScope !== expectedScope) || (entry.scope === null) !== (entry.pos === 0)) return refuse('wrong-scope')
  const pos = globals.head ? globals.head.pos + 1 : 0
  if (entry.pos !== pos || entry.prev !== (globals.head?.id ?? null)) return refuse('bad-position')
  return judgeEntry({ suite, state, entry, id, scope: entryScope, pos, cutList, newcomer, nowMs: options.nowMs ?? null })
}

const tablesOf = (state: State): readonly { commit(): () => void; discard(): void }[] => Object.values(state)

function commit(state: State): () => void {
  const undos = tablesOf(state).map((table) => table.commit())
  return () => {
    for (const undo of undos) undo()
  }
}

function discard(state: State): void {
  for (const table of tablesOf(state)) table.discard()
}
