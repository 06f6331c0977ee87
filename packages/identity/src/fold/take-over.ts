/** SetSequencer: owners replace who orders, also from a position in the past. */
import { concatBytes, equalBytes, idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { roles } from '../roles.ts'
import type { Approval, ScopeOpOf } from '../scope-log/ops.ts'
import { u32Bytes } from '../shape.ts'
import type { Author, Judging } from './judging.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import { changeGlobals, draftGlobals } from './state.ts'
import type { Branch, Owners, State } from './state.ts'

export const takeOverDomain = 'poruch/take-over v1'

export interface TakeOver {
  readonly term: number
  /** The last position that stands, and its entry. */
  readonly at: number
  readonly atId: EntryId
  /** Public key of who orders from there on. */
  readonly sequencer: Bytes
}

/** What an owner's device signs to approve a take-over: once per term. */
export function takeOverBytes(scope: ScopeId, { term, at, atId, sequencer }: TakeOver): Bytes {
  return concatBytes(idToBytes(scope), u32Bytes(term), u32Bytes(at), idToBytes(atId), sequencer)
}

/** Whether a device has signed just this take-over; whose device it is says the fold. */
export async function isTakeOverApproval(
  suite: Pick<VerifySuite, 'verify'>,
  takeOver: TakeOver & { readonly scope: ScopeId },
  { device, sig }: Approval,
): Promise<boolean> {
  return suite.verify(idToBytes(device), takeOverDomain, takeOverBytes(takeOver.scope, takeOver), sig)
}

/** Whose signatures a take-over carries; the author's is the entry's own. */
export function signersOf(device: DeviceId, op: ScopeOpOf<'set-sequencer'>): readonly DeviceId[] {
  return [device, ...op.approvals.map((approval) => approval.device)]
}

/** The owners at the draft's position, with their live devices. O(owners). */
export function ownersOf(state: State): Owners {
  const users = draftGlobals(state).owners
  const rows = users.map((user) => state.users.draft(user)).filter((row) => row !== undefined)
  const devices = rows.flatMap((row) => row.log.devices.filter(({ live }) => live).map(({ device }) => [device, row.user] as const))
  return { users, devices: new Map(devices) }
}

/** Whether devices of more than half of the owners have signed. */
export function isMajority(owners: Owners, signers: readonly DeviceId[]): boolean {
  const agreed = new Set(signers.map((device) => owners.devices.get(device)).filter((user) => user !== undefined))
  return 2 * agreed.size > owners.users.length
}

/** The positions before this one, back to `at` on an abandoned branch, are the matter of who takes the entries back. */
export async function judgeSetSequencer(judging: Judging, author: Author, op: ScopeOpOf<'set-sequencer'>): Promise<Verdict> {
  const { state, entry, pos } = judging
  const { term, takeOvers, sequencer, formerSequencers } = draftGlobals(state)
  if (author.role !== roles.owner) return refuse('no-right')
  if (op.at !== pos - 1 || entry.prev === null) return refuse('bad-position')
  if (op.term !== term + 1) return refuse('bad-term')
  if ([sequencer, ...formerSequencers].some((known) => known !== null && equalBytes(known, op.sequencer))) return refuse('sequencer-used')
  const takeOver = { ...op, scope: judging.scope, atId: entry.prev }
  for (const approval of op.approvals) {
    if (!(await isTakeOverApproval(judging.suite, takeOver, approval))) return refuse('bad-approval')
  }
  if (!agreedEverywhere(state, op.at, signersOf(entry.device, op))) return refuse('no-majority')
  changeGlobals(state, {
    sequencer: op.sequencer,
    term: op.term,
    termPos: pos,
    takeOvers: [...takeOvers, pos],
    formerSequencers: sequencer ? [...formerSequencers, sequencer] : formerSequencers,
  })
  return null
}

/** Here, and on every branch that the sequencer to be replaced is known to have ordered beside this log. */
function agreedEverywhere(state: State, at: number, signers: readonly DeviceId[]): boolean {
  const { term } = draftGlobals(state)
  let agreed = isMajority(ownersOf(state), signers)
  state.branches.eachDraft((branch) => {
    if (branch.term === term) agreed &&= ownersFrom(branch, at).every((owners) => isMajority(owners, signers))
  })
  return agreed
}

/** The owners at each position of the branch from `at` on; of a shorter branch, those at its end. */
function ownersFrom({ owners, end }: Branch, at: number): Owners[] {
  const from = Math.min(at, end)
  const first = owners.findLastIndex((dated) => dated.pos <= from)
  return owners.slice(Math.max(first, 0)).map((dated) => dated.value)
}
