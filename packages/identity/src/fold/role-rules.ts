/** SetRole, RemoveMember and Leave. */
import { concatBytes, idToBytes } from '@poruch/base'
import type { Bytes, ScopeId, UserId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { roles } from '../roles.ts'
import type { Role } from '../roles.ts'
import type { Approval, ScopeOpOf } from '../scope-log/ops.ts'
import { u32Bytes } from '../shape.ts'
import { readCut, roleOf } from './judging.ts'
import type { Author, Judging } from './judging.ts'
import { changeRole } from './membership.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import { changeGlobals, draftGlobals } from './state.ts'

export const approveDomain = 'poruch/approve v1'

/** What an owner's device signs to approve that `user` gets `role`, in the present owner term. */
export function approvalBytes(scope: ScopeId, ownerTerm: number, change: { user: UserId; role: Role }): Bytes {
  return concatBytes(idToBytes(scope), u32Bytes(ownerTerm), idToBytes(change.user), Uint8Array.of(change.role))
}

/** Whether a device has signed that `user` gets `role` while the owners are those of this term; whose device it is says the fold. */
export async function isApproval(
  suite: Pick<VerifySuite, 'verify'>,
  change: { scope: ScopeId; ownerTerm: number; user: UserId; role: Role },
  { device, sig }: Approval,
): Promise<boolean> {
  return suite.verify(idToBytes(device), approveDomain, approvalBytes(change.scope, change.ownerTerm, change), sig)
}

export async function judgeSetRole(judging: Judging, author: Author, op: ScopeOpOf<'set-role'>): Promise<Verdict> {
  const row = judging.state.users.draft(op.user)
  const before = row ? roleOf(row) : roles.none
  if (!row || before === roles.none) return refuse('not-member')
  if (before === op.role) return refuse('no-change')
  const forbidden =
    before === roles.owner || op.role === roles.owner ? await ownersAgree(judging, author, op) : belowAuthor(author, before, op)
  if (forbidden) return forbidden
  const lowered = op.role < before
  const rows = await readCut(judging, lowered)
  if (!rows.ok) return rows
  changeRole(judging, row, { role: op.role, cut: lowered ? { pos: judging.pos, role: op.role, rows: rows.value } : null })
  return null
}

function belowAuthor(author: Author, before: Role, op: ScopeOpOf<'set-role'>): Verdict {
  if (op.approvals.length > 0) return refuse('bad-approval')
  return author.role >= roles.admin && before < author.role && op.role < author.role ? null : refuse('no-right')
}

/** More than half of the owners, of whom the author is one. */
async function ownersAgree(judging: Judging, author: Author, op: ScopeOpOf<'set-role'>): Promise<Verdict> {
  if (author.role !== roles.owner) return refuse('no-right')
  const { owners, ownerTerm } = draftGlobals(judging.state)
  if (owners.length === 1 && op.role !== roles.owner) return refuse('last-owner')
  const agreed = new Set([author.row.user])
  for (const approval of op.approvals) {
    const device = judging.state.devices.draft(approval.device)
    if (!device || device.revokedPos !== null || !owners.includes(device.user)) return refuse('bad-approval')
    if (!(await isApproval(judging.suite, { ...op, scope: judging.scope, ownerTerm }, approval))) return refuse('bad-approval')
    agreed.add(device.user)
  }
  return 2 * agreed.size > owners.length ? null : refuse('no-majority')
}

export async function judgeRemove(judging: Judging, author: Author, op: ScopeOpOf<'remove-member'>): Promise<Verdict> {
  const row = judging.state.users.draft(op.user)
  const before = row ? roleOf(row) : roles.none
  if (!row || before === roles.none) return refuse('not-member')
  if (author.role < roles.admin) return refuse('no-right')
  if (before === roles.owner) return refuse('owner-first-unmade')
  if (before >= author.role) return refuse('no-right')
  const rows = await readCut(judging, true)
  if (!rows.ok) return rows
  changeRole(judging, row, { role: roles.none, cut: { pos: judging.pos, role: roles.none, rows: rows.value }, removed: true })
  // A link that admits by itself would let the removed one, or their second account, straight in again.
  changeGlobals(judging.state, { autoClosedPos: judging.pos })
  return null
}

export async function judgeLeave(judging: Judging, author: Author): Promise<Verdict> {
  if (author.role === roles.owner && draftGlobals(judging.state).owners.length === 1) return refuse('last-owner')
  const rows = await readCut(judging, true)
  if (!rows.ok) return rows
  changeRole(judging, author.row, { role: roles.none, cut: { pos: judging.pos, role: roles.none, rows: rows.value }, removed: false })
  return null
}
