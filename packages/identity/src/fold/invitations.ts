/** CreateInvitation and RevokeInvitation, and when an invitation is closed. */
import { roles } from '../roles.ts'
import type { ScopeOpOf } from '../scope-log/ops.ts'
import type { Author, Judging } from './judging.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import type { InvitationRow, UserRow } from './state.ts'

export function judgeCreateInvitation({ state, pos, nowMs }: Judging, author: Author, op: ScopeOpOf<'create-invitation'>): Verdict {
  if (author.role < roles.admin) return refuse('no-right')
  if (op.role > roles.editor || op.maxUses === 0) return refuse('bad-invitation')
  if (nowMs !== null && op.expiresAtMs < nowMs) return refuse('invitation-expired')
  if (state.invitations.draft(op.invitation)) return refuse('invitation-known')
  const { role, expiresAtMs, maxUses, policy } = op
  state.invitations.set(op.invitation, {
    id: op.invitation,
    role,
    expiresAtMs,
    maxUses,
    policy,
    author: author.row.user,
    pos,
    revoked: false,
    uses: 0,
  })
  return null
}

export function judgeRevokeInvitation({ state }: Judging, author: Author, op: ScopeOpOf<'revoke-invitation'>): Verdict {
  if (author.role < roles.admin) return refuse('no-right')
  const row = state.invitations.draft(op.invitation)
  if (!row) return refuse('invitation-unknown')
  if (row.revoked) return refuse('no-change')
  state.invitations.set(row.id, { ...row, revoked: true })
  return null
}

/** Revoked, used up, made by someone who is no admin any more, or an `auto` one from before a removal. */
export function isClosed(row: InvitationRow, author: UserRow | undefined, autoClosedPos: number): boolean {
  if (row.revoked || row.uses >= row.maxUses || !author || author.lostAdminPos > row.pos) return true
  return row.policy === 'auto' && row.pos < autoClosedPos
}
