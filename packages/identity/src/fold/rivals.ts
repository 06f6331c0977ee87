/** Judges what stands beside the log: take-overs that leave a part of it, branches, and proofs of fraud. */
import type { EntryId, Judged, UserId } from '@poruch/base'
import type { RecordBytes } from '../fold-api.ts'
import { readRecord } from './authenticate.ts'
import type { Read } from './authenticate.ts'
import { checkScope, judgeAll } from './batch.ts'
import type { Batch } from './batch.ts'
import { backTo, makeBranchWatch, noteBranch, noteFraud, noteRemoved, removedAfter, takeOverFloor } from './branches.ts'
import { verifyFraud } from './fraud.ts'
import { refuse } from './reasons.ts'
import type { FoldReason } from './reasons.ts'
import { draftGlobals, globalsOf, tablesOf } from './state.ts'
import type { State } from './state.ts'
import { isMajority, ownersOf, signersOf } from './take-over.ts'

export interface Abandoned {
  readonly pos: number
  readonly id: EntryId
}

/** Leaves in the draft the log with the take-over; the value names the entries that it leaves out. */
export async function judgeTakeOver(batch: Batch, records: readonly RecordBytes[]): Promise<Judged<readonly Abandoned[], FoldReason>> {
  const { state } = batch
  const branch = await readBranch(batch, records)
  if (!branch.ok) return branch
  const found = branch.value.map((read) => ({ device: read.entry.device, op: read.entry.op }))
  const takeOver = found.find(({ op }) => op.kind === 'set-sequencer')
  if (takeOver?.op.kind !== 'set-sequencer') return refuse('no-take-over')
  const base = branch.value[0].entry.pos - 1
  const { at } = takeOver.op
  if (base < takeOverFloor(state)) return refuse('below-checkpoint')
  const signers = signersOf(takeOver.device, takeOver.op)
  const head = globalsOf(state).head?.pos ?? -1
  const abandoned = idsAfter(state, base)
  const removed = removedAfter(state, base)
  let agreed = true
  const reached = backTo(batch, base, (pos) => {
    if (pos >= Math.min(at, head)) agreed &&= isMajority(ownersOf(state), signers)
  })
  if (!reached) return refuse('below-checkpoint')
  if (!agreed) return refuse('no-majority')
  noteRemoved(state, removed, base)
  const unordered = batch.unordered === 'all' ? 'from-take-over' : 'none'
  return (await judgeAll({ ...batch, unordered, beside: true }, records)) ?? { ok: true, value: abandoned }
}

export interface BranchNote {
  readonly fraud: boolean
  readonly removed: readonly UserId[]
}

/** Judges entries that were ordered beside the log, and leaves in the draft only what they teach. */
export async function judgeBranch(batch: Batch, records: readonly RecordBytes[]): Promise<Judged<BranchNote, FoldReason>> {
  const { state, journal } = batch
  const branch = await readBranch(batch, records)
  if (!branch.ok) return branch
  const { entry, id } = branch.value[0]
  const own = state.entries.get(entry.pos)
  if (own === undefined || own === id) return refuse('no-branch')
  if (!backTo(batch, entry.pos - 1)) return refuse('below-checkpoint')
  const { term } = draftGlobals(state)
  const watch = makeBranchWatch(state)
  const refused = await judgeAll({ ...batch, beside: true, onEntry: watch.onEntry }, records)
  if (refused) return refused
  const removed = removedAfter(state, entry.pos - 1)
  for (const table of tablesOf(state)) table.discard()
  journal.discard()
  const fraud = term === globalsOf(state).term
  if (!noteBranch(state, id, watch.branch(term))) return refuse('too-many-branches')
  if (fraud) noteFraud(state, entry.pos)
  noteRemoved(state, removed, entry.pos - 1)
  return { ok: true, value: { fraud, removed } }
}

/** Two entries that the present sequencer ordered at one position, wherever they come from. */
export async function judgeFraud(batch: Batch, pair: readonly [RecordBytes, RecordBytes]): Promise<Judged<{ pos: number }, FoldReason>> {
  const { scope, sequencer } = globalsOf(batch.state)
  if (!scope || !sequencer) return refuse('no-genesis')
  const proof = await verifyFraud(batch.suite, { scope, sequencer, pair })
  if (proof.ok) noteFraud(batch.state, proof.value.pos)
  return proof
}

type Reads = readonly [Read, ...(readonly Read[])]

/** The records' parts; the first follows an entry of the log. */
async function readBranch(batch: Batch, records: readonly RecordBytes[]): Promise<Judged<Reads, FoldReason>> {
  const reads: Read[] = []
  for (const record of records) {
    const read = await readRecord(batch.suite, record)
    if (!read) return refuse('bad-bytes')
    reads.push(read)
  }
  const [first, ...others] = reads
  if (!first) return refuse('no-branch')
  const wrong = checkScope(batch, first)
  if (wrong) return wrong
  const follows = first.entry.prev !== null && batch.state.entries.get(first.entry.pos - 1) === first.entry.prev
  return follows ? { ok: true, value: [first, ...others] } : refuse('bad-position')
}

function idsAfter(state: State, pos: number): Abandoned[] {
  const abandoned: Abandoned[] = []
  const head = globalsOf(state).head?.pos ?? -1
  for (let at = pos + 1; at <= head; at++) {
    const id = state.entries.get(at)
    if (id) abandoned.push({ pos: at, id })
  }
  return abandoned
}
