/** Requests to join that wait for this member's decision. */
import { makeEmitter, parseUtf8 } from '@poruch/base'
import type { Bytes, InvitationId, UserId } from '@poruch/base'
import { openJoinName, parseInvitationLink } from '@poruch/identity'
import { verifyJoinRequest } from '@poruch/identity/fold'
import type { VerifiedJoinRequest } from '@poruch/identity/fold'
import type { ReplicaPorts } from './ports.ts'
import { collections } from './records.ts'
import { joinNumber } from './way-in.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface WaitingRequest {
  readonly request: VerifiedJoinRequest
  /** Empty where this device does not hold the invitation's link. */
  readonly name: string
  /** What admin and joiner compare. */
  readonly number: string
}

export interface JoinRequests {
  waiting(): readonly WaitingRequest[]
  find(user: UserId, invitation: InvitationId): WaitingRequest | null
  receive(request: Bytes): Promise<void>
  /** It was decided. */
  drop(user: UserId, invitation: InvitationId): void
  onChanged(listener: () => void): () => void
}

/** The relay keeps requests and sends them with each session; more than a person can look through are left there. */
const maxWaiting = 256

export function makeJoinRequests(ports: ReplicaPorts, log: WorkspaceLog): JoinRequests {
  const waiting = new Map<string, WaitingRequest>()
  const changes = makeEmitter<void>()
  const nameIn = async (request: VerifiedJoinRequest): Promise<string> => {
    const stored = await ports.store.getRecord(collections.invitations, request.invitation)
    const link = stored && parseInvitationLink(parseUtf8(stored) ?? '')
    return (link && (await openJoinName(ports.suite, link.secret, request))) ?? ''
  }
  return {
    waiting: () => [...waiting.values()].filter(({ request }) => !log.fold.member(request.user)),
    find: (user, invitation) => waiting.get(`${invitation}/${user}`) ?? null,
    receive: async (bytes) => {
      const judged = await verifyJoinRequest(ports.suite, log.fold, { bytes, nowMs: ports.clock.now() })
      if (!judged.ok || waiting.size >= maxWaiting) return
      const request = judged.value
      const number = await joinNumber(ports, log.scope, request.user)
      waiting.set(`${request.invitation}/${request.user}`, { request, name: await nameIn(request), number })
      changes.emit()
    },
    drop: (user, invitation) => {
      if (waiting.delete(`${invitation}/${user}`)) changes.emit()
    },
    onChanged: changes.subscribe,
  }
}
