/** Whether a join request may be put before an admin, or admitted at once. */
import { idToBytes } from '@poruch/base'
import type { Judged, UserId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { parsed } from '../parse.ts'
import type { InvitationInfo, ScopeFold } from '../fold-api.ts'
import { foldUserLog } from '../user-log/fold.ts'
import { liveDevice } from '../user-log/state.ts'
import { decodeJoinRequest, joinDeviceBytes, joinDomain, joinLinkBytes, joinLinkDomain } from './join-request.ts'
import type { JoinRequest } from './join-request.ts'

export type JoinReason =
  | 'bad-bytes'
  | 'wrong-scope'
  | 'invitation-unknown'
  | 'invitation-closed'
  | 'invitation-expired'
  | 'bad-user-log'
  | 'bad-device'
  | 'bad-signature'
  | 'already-member'

export interface VerifiedJoinRequest extends JoinRequest {
  readonly user: UserId
  readonly info: InvitationInfo
}

/** True when the invitation still admits at this time. */
export function invitationOpen(info: InvitationInfo, nowMs: number): boolean {
  return !info.closed && nowMs <= info.expiresAtMs
}

/** Checks the cheap things first; then the user log and two signatures. */
export async function verifyJoinRequest(
  suite: VerifySuite,
  fold: ScopeFold,
  { bytes, nowMs }: { readonly bytes: Uint8Array; readonly nowMs: number },
): Promise<Judged<VerifiedJoinRequest, JoinReason>> {
  const request = parsed(decodeJoinRequest, bytes)
  if (!request) return { ok: false, reason: 'bad-bytes' }
  const open = openInvitation(fold, request, nowMs)
  if (!open.ok) return open
  const link = await suite.verify(idToBytes(request.invitation), joinLinkDomain, joinLinkBytes(request), request.invitationSig)
  if (!link) return { ok: false, reason: 'bad-signature' }
  const log = await foldUserLog(suite, request.userLog)
  if (!log.ok || !log.value.state.puk) return { ok: false, reason: 'bad-user-log' }
  if (!liveDevice(log.value.state, request.device)) return { ok: false, reason: 'bad-device' }
  const device = await suite.verify(idToBytes(request.device), joinDomain, joinDeviceBytes(request), request.deviceSig)
  if (!device) return { ok: false, reason: 'bad-signature' }
  const { user } = log.value.state
  return fold.member(user) ? { ok: false, reason: 'already-member' } : { ok: true, value: { ...request, user, info: open.value } }
}

function openInvitation(fold: ScopeFold, request: JoinRequest, nowMs: number): Judged<InvitationInfo, JoinReason> {
  if (request.scope !== fold.scope) return { ok: false, reason: 'wrong-scope' }
  const info = fold.invitations().find((candidate) => candidate.id === request.invitation)
  if (!info) return { ok: false, reason: 'invitation-unknown' }
  if (info.closed) return { ok: false, reason: 'invitation-closed' }
  return invitationOpen(info, nowMs) ? { ok: true, value: info } : { ok: false, reason: 'invitation-expired' }
}
