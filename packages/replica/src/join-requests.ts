/** Requests to join that wait for this member's decision, kept on the device, so that every tab shows them. */
import { makeEmitter, makeSerial } from '@poruch/base'
import type { Bytes, InvitationId, UserId } from '@poruch/base'
import { openJoinName, parseInvitationLink } from '@poruch/identity'
import { verifyJoinRequest } from '@poruch/identity/fold'
import type { VerifiedJoinRequest } from '@poruch/identity/fold'
import { readInvitationLink } from './membership.ts'
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
  /** Those whose invitation is open and whose author is no member. */
  waiting(): readonly WaitingRequest[]
  find(user: UserId, invitation: InvitationId): WaitingRequest | null
  receive(request: Bytes): Promise<void>
  /** It was decided. */
  drop(user: UserId, invitation: InvitationId): Promise<void>
  /** Takes in what another tab has written to the store. */
  refresh(): Promise<void>
  onChanged(listener: () => void): () => void
}

/** The relay keeps requests and sends them with each session; more than a person can look through are left there. */
const maxWaiting = 256

export async function openJoinRequests(ports: ReplicaPorts, log: WorkspaceLog): Promise<JoinRequests> {
  const { suite, store, clock } = ports
  const collection = collections.requests
  const known = new Map<string, WaitingRequest>()
  const changes = makeEmitter<void>()
  const serial = makeSerial()
  const isOpen = ({ request: { user, invitation } }: WaitingRequest): boolean =>
    !log.fold.member(user) && log.fold.invitations().some(({ id, closed }) => id === invitation && !closed)
  const nameIn = async (request: VerifiedJoinRequest): Promise<string> => {
    const link = parseInvitationLink((await readInvitationLink(store, request.invitation)) ?? '')
    return (link && (await openJoinName(suite, link.secret, request))) ?? ''
  }
  const judge = async (bytes: Bytes): Promise<WaitingRequest | null> => {
    const judged = await verifyJoinRequest(suite, log.fold, { bytes, nowMs: clock.now() })
    if (!judged.ok) return null
    const number = await joinNumber(ports, log.scope, judged.value.user)
    return { request: judged.value, name: await nameIn(judged.value), number }
  }
  const keyOf = ({ request: { user, invitation } }: WaitingRequest): string => `${invitation}/${user}`
  const refresh = async (): Promise<void> => {
    const stored = new Map((await store.listRecords(collection)).map(({ key, value }) => [key, value]))
    const fresh = [...stored].filter(([key]) => !known.has(key))
    const gone = [...known.keys()].filter((key) => !stored.has(key))
    for (const key of gone) known.delete(key)
    for (const [key, value] of fresh) {
      const request = await judge(value)
      if (request) known.set(key, request)
    }
    if (fresh.length + gone.length > 0) changes.emit()
  }
  const makeRoom = async (): Promise<boolean> => {
    const over = [...known].filter(([, request]) => !isOpen(request)).map(([key]) => key)
    await store.putRecords(over.map((key) => ({ collection, key, value: null })))
    for (const key of over) known.delete(key)
    return known.size < maxWaiting
  }
  await refresh()
  return {
    refresh: async () => serial.run(refresh),
    waiting: () => [...known.values()].filter(isOpen),
    find: (user, invitation) => {
      const found = known.get(`${invitation}/${user}`)
      return found && isOpen(found) ? found : null
    },
    receive: async (bytes) =>
      serial.run(async () => {
        const request = await judge(bytes)
        if (!request || known.has(keyOf(request)) || !(await makeRoom())) return
        known.set(keyOf(request), request)
        await store.putRecords([{ collection, key: keyOf(request), value: bytes }])
        changes.emit()
      }),
    drop: async (user, invitation) => {
      const key = `${invitation}/${user}`
      if (!known.delete(key)) return
      changes.emit()
      await store.putRecords([{ collection, key, value: null }])
    },
    onChanged: changes.subscribe,
  }
}
