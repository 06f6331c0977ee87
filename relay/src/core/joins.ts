/** Strangers who ask to become members: JOIN, JOINREQ, JOINDENY, and what becomes of a request. */
import { makeSerial } from '@poruch/base'
import type { DeviceId, InvitationId, UserId } from '@poruch/base'
import { decodeJoinRequest, parsed, roles, verifyJoinRequest } from '@poruch/identity/fold'
import type { FrameOf } from '@poruch/sync/wire'
import { makeBuckets } from './bucket.ts'
import type { Connection, Hub } from './connection.ts'
import { makeJoinStore } from './join-store.ts'
import type { WaitingJoin } from './join-store.ts'
import { maxJoinsAtOnce, joinRefillMs, maxLinkJoinsAtOnce, linkJoinRefillMs, maxPacedNames } from './limits.ts'
import type { CorePorts } from './ports.ts'
import { refusal } from './refusal.ts'
import type { Scopes, ScopeState } from './scopes.ts'

const waiting = 1
const admitted = 2
const denied = 3

export interface Joins {
  /** Why an invitation is no longer answered, or null. A member of its scope is always answered. */
  faultOf(invitation: InvitationId, device: DeviceId): string | null
  join(connection: Connection, frame: FrameOf<'JOIN'>): Promise<void>
  deny(connection: Connection, frame: FrameOf<'JOINDENY'>): Promise<void>
  /** Sends a member what they may decide upon. */
  deliverTo(connection: Connection, state: ScopeState): void
  /** Call after each change of a scope's log: requests that it decided are answered and dropped. */
  settle(state: ScopeState): Promise<void>
  /** Call once per scope at the start. */
  load(state: ScopeState): Promise<void>
}

interface JoinsParts {
  readonly ports: CorePorts
  readonly scopes: Scopes
  readonly hub: Hub
}

export function makeJoins({ ports, scopes, hub }: JoinsParts): Joins {
  const store = makeJoinStore(ports)
  const turns = makeSerial()
  const { clock } = ports
  const devices = makeBuckets({ clock, size: maxJoinsAtOnce, refillMs: joinRefillMs, maxNames: maxPacedNames })
  const links = makeBuckets({ clock, size: maxLinkJoinsAtOnce, refillMs: linkJoinRefillMs, maxNames: maxPacedNames })
  const faultOf = (invitation: InvitationId, device: DeviceId): string | null => {
    const found = scopes.invitation(invitation)
    if (!found) return 'invitation-unknown'
    if (scopes.member(found.state, device)) return null
    if (found.info.uses >= found.info.maxUses) return 'invitation-used'
    if (found.info.closed) return 'invitation-revoked'
    return found.info.expiresAtMs <= ports.clock.now() ? 'invitation-expired' : null
  }
  const tellJoiner = (join: WaitingJoin, state: 2 | 3): void => {
    hub.ofDevice(join.device)?.out.send({ type: 'JOINSTATE', ref: 0, invitation: join.invitation, user: join.user, state })
  }
  const deliverTo = (connection: Connection, state: ScopeState, only?: WaitingJoin): void => {
    const member = scopes.member(state, connection.device)
    if (!member || !connection.logs.has(state.scope)) return
    for (const info of state.fold.invitations()) {
      if (info.closed || (member.role < roles.admin && info.policy !== 'auto')) continue
      for (const join of store.waiting(info.id)) {
        if (!only || only.user === join.user) connection.out.send({ type: 'JOINREQ', request: join.request })
      }
    }
  }
  const join = async (connection: Connection, { ref, request }: FrameOf<'JOIN'>): Promise<void> => {
    const answer = (code: string): void => connection.out.send(refusal(ref, code))
    if (!devices.of(connection.device).take()) return answer('too-many-requests')
    const asked = parsed(decodeJoinRequest, request)
    if (!asked) return answer('bad-request')
    const { invitation, device, scope } = asked
    if (invitation !== connection.invitation || device !== connection.device) return answer('bad-request')
    const found = scopes.invitation(invitation)
    if (!found || found.state.scope !== scope) return answer('invitation-unknown')
    const state = (user: UserId, present: 1 | 2 | 3): void =>
      connection.out.send({ type: 'JOINSTATE', ref, invitation, user, state: present })
    const member = scopes.member(found.state, device)
    if (member) return state(member.user, admitted)
    const known = store.waiting(invitation).find((one) => one.device === device)
    if (known) return state(known.user, waiting)
    const fault = faultOf(invitation, device)
    if (fault) return answer(fault)
    if (!links.of(invitation).take()) return answer('too-many-requests')
    const judged = await verifyJoinRequest(ports.suite, found.state.fold, { bytes: request, nowMs: ports.clock.now() })
    if (!judged.ok) return answer(judged.reason)
    const { user } = judged.value
    if (await store.isDenied(invitation, user)) return state(user, denied)
    const added: WaitingJoin = { invitation, user, device, request }
    if (!(await store.add(added))) return answer('too-many-requests')
    ports.audit?.('join-asked', { actor: device })
    state(user, waiting)
    for (const other of hub.all()) deliverTo(other, found.state, added)
  }
  const deny = async (connection: Connection, { ref, invitation, user }: FrameOf<'JOINDENY'>): Promise<void> => {
    const found = scopes.invitation(invitation)
    const member = found && scopes.member(found.state, connection.device)
    if (!member || member.role < roles.admin) return connection.out.send(refusal(ref, 'invitation-unknown'))
    const one = store.waiting(invitation).find((each) => each.user === user)
    if (!one) return connection.out.send(refusal(ref, 'request-unknown'))
    await store.deny(one)
    ports.audit?.('join-denied', { actor: connection.device })
    connection.out.send({ type: 'JOINSTATE', ref, invitation, user, state: denied })
    tellJoiner(one, denied)
  }
  const settle = async (state: ScopeState): Promise<void> => {
    for (const one of store.all()) {
      const found = scopes.invitation(one.invitation)
      if (found?.state !== state) continue
      const isMember = state.fold.member(one.user) !== null
      if (!isMember && !found.info.closed) continue
      await store.remove(one)
      tellJoiner(one, isMember ? admitted : denied)
    }
  }
  return {
    faultOf,
    deliverTo,
    join: async (connection, frame) => turns.run(async () => join(connection, frame)),
    deny: async (connection, frame) => turns.run(async () => deny(connection, frame)),
    settle: async (state) => turns.run(async () => settle(state)),
    load: async (state) => {
      for (const { id, closed } of state.fold.invitations()) if (!closed) await store.load(id)
      await settle(state)
    },
  }
}
