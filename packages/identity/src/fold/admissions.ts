/** Admit: how one becomes a member, directly or by an invitation. */
import { equalBytes, idToBytes } from '@poruch/base'
import type { UserId } from '@poruch/base'
import { maxMembers } from '../bounds.ts'
import { parsed } from '../parse.ts'
import { decodeJoinRequest, joinDeviceBytes, joinDomain, joinLinkBytes, joinLinkDomain } from '../invitation/join-request.ts'
import type { JoinRequest } from '../invitation/join-request.ts'
import { roles } from '../roles.ts'
import type { ScopeOpOf } from '../scope-log/ops.ts'
import { userEntryId } from '../user-log/entry.ts'
import { foldUserLog } from '../user-log/fold.ts'
import { liveDevice } from '../user-log/state.ts'
import type { UserLogState } from '../user-log/state.ts'
import { pinDevices } from './devices.ts'
import { hasKeys, newUserRow } from './genesis.ts'
import { isClosed } from './invitations.ts'
import { roleOf } from './judging.ts'
import type { Author, Judging } from './judging.ts'
import { changeRole } from './membership.ts'
import { refuse } from './reasons.ts'
import type { Refused, Verdict } from './reasons.ts'
import { draftGlobals } from './state.ts'
import type { UserRow } from './state.ts'

type Admit = ScopeOpOf<'admit'>

export async function judgeAdmit(judging: Judging, author: Author, op: Admit): Promise<Verdict> {
  const known = judging.state.users.draft(op.user)
  if (known && roleOf(known) !== roles.none) return refuse('already-member')
  if (draftGlobals(judging.state).memberCount >= maxMembers) return refuse('too-many-members')
  const forbidden = op.invitation === null ? mayAdmitDirectly(author, op) : mayAdmitInvited(judging, { author, op, known })
  if (forbidden) return forbidden
  const log = await pinnedLog(judging, op, known)
  if (!log.ok) return log
  const refused =
    (op.invitation === null ? null : await judgeRequest(judging, { op, log: log.value, known })) ?? pinDevices(judging, log.value, null)
  if (refused) return refused
  changeRole(judging, { ...(known ?? newUserRow(log.value)), log: log.value }, { role: op.role, cut: null })
  if (op.invitation !== null) countUse(judging, op)
  return null
}

function mayAdmitDirectly(author: Author, op: Admit): Verdict {
  if (op.request.length > 0) return refuse('bad-request')
  // An owner is made by SetRole, with the approval of the owners.
  return author.role >= roles.admin && op.role < author.role ? null : refuse('no-right')
}

function mayAdmitInvited(judging: Judging, { author, op, known }: { author: Author; op: Admit; known: UserRow | undefined }): Verdict {
  const invitation = op.invitation && judging.state.invitations.draft(op.invitation)
  if (!invitation) return refuse('invitation-unknown')
  const inviter = judging.state.users.draft(invitation.author)
  if (isClosed(invitation, inviter, draftGlobals(judging.state).autoClosedPos)) return refuse('invitation-closed')
  if (judging.nowMs !== null && invitation.expiresAtMs < judging.nowMs) return refuse('invitation-expired')
  if (judging.state.admissions.draft(invitation.id + op.user)) return refuse('invitation-reused')
  if (op.role !== invitation.role) return refuse('invitation-role')
  const needsAdmin = invitation.policy === 'approval' || known?.wasRemoved === true
  return needsAdmin && author.role < roles.admin ? refuse('needs-admin') : null
}

async function pinnedLog(judging: Judging, op: Admit, known: UserRow | undefined): Promise<{ ok: true; value: UserLogState } | Refused> {
  if (known && op.entries.length === 0) return hasKeys(known.log) ? { ok: true, value: known.log } : refuse('no-keys')
  const log = (known ? null : judging.newcomer) ?? (await foldUserLog(judging.suite, op.entries, known?.log ?? null))
  if (!log.ok || log.value.state.user !== op.user) return refuse('bad-user-log')
  return hasKeys(log.value.state) ? { ok: true, value: log.value.state } : refuse('no-keys')
}

/** The joiner's own wish: made for this scope and invitation by a device that lives in the log now pinned. */
async function judgeRequest(
  judging: Judging,
  { op, log, known }: { op: Admit; log: UserLogState; known: UserRow | undefined },
): Promise<Verdict> {
  const request = parsed(decodeJoinRequest, op.request)
  if (!request || request.scope !== judging.scope || request.invitation !== op.invitation) return refuse('bad-request')
  if (!liveDevice(log, request.device) || !(await namesPinnedLog(judging, { request, op, known }))) return refuse('bad-request')
  const [device, link] = await Promise.all([
    judging.suite.verify(idToBytes(request.device), joinDomain, joinDeviceBytes(request), request.deviceSig),
    judging.suite.verify(idToBytes(request.invitation), joinLinkDomain, joinLinkBytes(request), request.invitationSig),
  ])
  return device && link ? null : refuse('bad-request')
}

/** A newcomer's log is pinned as the request carries it, or longer; a returning user's request ends inside the pinned chain. */
async function namesPinnedLog(
  judging: Judging,
  { request, op, known }: { request: JoinRequest; op: Admit; known: UserRow | undefined },
): Promise<boolean> {
  const last = request.userLog.at(-1)
  if (!last) return false
  if (!known) return request.userLog.every((entry, index) => equalBytes(entry, op.entries[index] ?? new Uint8Array()))
  if ((await userEntryId(judging.suite, last)) === known.log.head) return true
  return op.entries.some((entry) => equalBytes(entry, last))
}

function countUse({ state }: Judging, op: { readonly invitation: Admit['invitation']; readonly user: UserId }): void {
  const row = op.invitation && state.invitations.draft(op.invitation)
  if (!row) return
  state.invitations.set(row.id, { ...row, uses: row.uses + 1 })
  state.admissions.set(row.id + op.user, true)
}
