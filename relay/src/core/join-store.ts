/** Join requests that wait, and those that were denied: durable, bounded, and gone after their time. */
import { makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes, DeviceId, InvitationId, UserId } from '@poruch/base'
import { decodeJoinRequest } from '@poruch/identity/fold'
import type { RelayLog, SideRow } from '@poruch/sync/relay-log'
import { joinLifeMs, maxJoinRequests } from './limits.ts'
import type { CorePorts } from './ports.ts'

const waitingCollection = 'join'
const deniedCollection = 'join-denied'

export interface WaitingJoin {
  readonly invitation: InvitationId
  readonly user: UserId
  readonly device: DeviceId
  readonly request: Bytes
}

export interface JoinStore {
  /** Requests of an invitation that wait, in order of arrival. */
  waiting(invitation: InvitationId): readonly WaitingJoin[]
  all(): readonly WaitingJoin[]
  isDenied(invitation: InvitationId, user: UserId): Promise<boolean>
  /** Durable when it resolves; false when the invitation has too many already. */
  add(join: WaitingJoin): Promise<boolean>
  remove(join: WaitingJoin): Promise<void>
  /** Remembers the denial in place of the request. */
  deny(join: WaitingJoin): Promise<void>
  /** Reads what an invitation has waiting; call once per invitation at the start. */
  load(invitation: InvitationId): Promise<void>
}

export function makeJoinStore({ log, clock }: CorePorts): JoinStore {
  const joins = new Map<InvitationId, Map<UserId, WaitingJoin & { readonly atMs: number }>>()
  const fresh = (atMs: number): boolean => clock.now() - atMs < joinLifeMs
  const of = (invitation: InvitationId): readonly WaitingJoin[] =>
    [...(joins.get(invitation)?.values() ?? [])].filter((join) => fresh(join.atMs))
  const remember = (join: WaitingJoin, atMs: number): void => {
    const byUser = joins.get(join.invitation) ?? new Map<UserId, WaitingJoin & { readonly atMs: number }>()
    joins.set(join.invitation, byUser.set(join.user, { ...join, atMs }))
  }
  const remove = async (join: WaitingJoin): Promise<void> => {
    joins.get(join.invitation)?.delete(join.user)
    await log.deleteSide(waitingCollection, join.invitation, join.user)
  }
  const denied = async (invitation: InvitationId): Promise<readonly SideRow[]> => livingRows(log, invitation, fresh)
  return {
    waiting: of,
    all: () => [...joins.keys()].flatMap(of),
    isDenied: async (invitation, user) => (await denied(invitation)).some((row) => row.key === user),
    add: async (join) => {
      for (const one of joins.get(join.invitation)?.values() ?? []) if (!fresh(one.atMs)) await remove(one)
      if (of(join.invitation).length + (await denied(join.invitation)).length >= maxJoinRequests) return false
      const atMs = clock.now()
      const value = makeByteWriter().u48(atMs).raw(join.request).done()
      await log.putSide({ collection: waitingCollection, group: join.invitation, key: join.user, value })
      remember(join, atMs)
      return true
    },
    remove,
    deny: async (join) => {
      const value = makeByteWriter().u48(clock.now()).done()
      await log.putSide({ collection: deniedCollection, group: join.invitation, key: join.user, value })
      await remove(join)
    },
    load: async (invitation) => {
      for (const row of await log.readSide(waitingCollection, invitation, 0, maxJoinRequests)) {
        const reader = makeByteReader(row.value)
        const atMs = reader.u48()
        const request = reader.rest()
        remember({ invitation, user: row.key as UserId, device: decodeJoinRequest(request).device, request }, atMs)
      }
    },
  }
}

/** The denials of an invitation that still count; older ones are deleted on the way. */
async function livingRows(log: RelayLog, invitation: InvitationId, fresh: (atMs: number) => boolean): Promise<readonly SideRow[]> {
  const rows = await log.readSide(deniedCollection, invitation, 0, maxJoinRequests)
  const living = rows.filter((row) => fresh(makeByteReader(row.value).u48()))
  for (const row of rows) if (!living.includes(row)) await log.deleteSide(deniedCollection, invitation, row.key)
  return living
}
