/** The folded logs that this relay keeps, and what is found through them. */
import { equalBytes, idToBytes, makeSerial } from '@poruch/base'
import type { DeviceId, InvitationId, ScopeId, Serial, TopicId, UserId } from '@poruch/base'
import { prefixOf, roles } from '@poruch/identity/fold'
import type { InvitationInfo, Role, ScopeFold } from '@poruch/identity/fold'
import { makeHeadHold } from './head-hold.ts'
import type { HeadHold } from './head-hold.ts'
import type { CorePorts } from './ports.ts'

export interface ScopeState {
  readonly scope: ScopeId
  readonly fold: ScopeFold
  /** The fold and the log behind it are changed by one at a time. */
  readonly turns: Serial
  readonly hold: HeadHold
}

export interface Member {
  readonly user: UserId
  readonly role: Role
}

/** Who holds the words of a user, and the recovery key (hexadecimal) that proved it. */
export interface Recovery {
  readonly user: UserId
  readonly key: string
}

/** Who reads: a device, and the user that its session recovers where it does. */
export interface Reader {
  readonly device: DeviceId
  readonly recovery: Recovery | null
}

export interface Scopes {
  readonly size: number
  all(): Iterable<ScopeState>
  get(scope: ScopeId): ScopeState | null
  make(scope: ScopeId, fold: ScopeFold): ScopeState
  add(state: ScopeState): void
  /** Call after each change of a fold: it finds new documents and invitations. */
  index(state: ScopeState): void
  ofTopic(topic: TopicId): ScopeState | null
  /** The scope that has this document's prefix, or null. */
  ofPrefix(prefix: string): ScopeState | null
  invitation(id: InvitationId): { readonly state: ScopeState; readonly info: InvitationInfo } | null
  /** The member whose live device this is now, or null. */
  member(state: ScopeState, device: DeviceId): Member | null
  /** The user whose live device this is in any scope, or null. */
  userOf(device: DeviceId): UserId | null
  /** All scopes in which the device is live now. */
  ofDevice(device: DeviceId): readonly ScopeState[]
  /** The member as whom a session may read and propose here, or null. */
  reader(state: ScopeState, reader: Reader): Member | null
  ofReader(reader: Reader): readonly ScopeState[]
  /** The present member whose recovery key this is now, in any scope; null for others. O(members). */
  recovers(key: string): Recovery | null
}

export function makeScopes({ clock }: Pick<CorePorts, 'clock'>): Scopes {
  const states = new Map<ScopeId, ScopeState>()
  const prefixes = new Map<string, ScopeState>()
  const invitations = new Map<InvitationId, ScopeState>()
  const member = (state: ScopeState, device: DeviceId): Member | null => {
    const head = state.fold.head()
    const user = head && state.fold.userOf(device, head.pos)
    const role = head && user ? state.fold.roleAt(user, head.pos) : roles.none
    return user && role > roles.none ? { user, role } : null
  }
  const reader = (state: ScopeState, { device, recovery }: Reader): Member | null => {
    const own = member(state, device)
    if (own || !recovery) return own
    const { user, key } = recovery
    const role = state.fold.member(user)?.role ?? roles.none
    return role > roles.none && hasRecoveryKey(state.fold, user, key) ? { user, role } : null
  }
  const ofPrefix = (prefix: string): ScopeState | null => prefixes.get(prefix) ?? null
  return {
    get size() {
      return states.size
    },
    all: () => states.values(),
    get: (scope) => states.get(scope) ?? null,
    make: (scope, fold) => ({ scope, fold, turns: makeSerial(), hold: makeHeadHold(clock) }),
    add: (state) => {
      states.set(state.scope, state)
    },
    index: (state) => {
      // The first scope to name a prefix keeps it; the sequencer refuses a second (RE17).
      for (const { prefix } of state.fold.docs()) if (!prefixes.has(prefix)) prefixes.set(prefix, state)
      for (const { id } of state.fold.invitations()) if (!invitations.has(id)) invitations.set(id, state)
    },
    ofTopic: (topic) => ofPrefix(prefixOf(topic)),
    ofPrefix,
    invitation: (id) => {
      const state = invitations.get(id)
      const info = state?.fold.invitations().find((one) => one.id === id)
      return state && info ? { state, info } : null
    },
    member,
    userOf: (device) => {
      for (const state of states.values()) {
        const found = member(state, device)
        if (found) return found.user
      }
      return null
    },
    ofDevice: (device) => [...states.values()].filter((state) => member(state, device) !== null),
    reader,
    ofReader: (who) => [...states.values()].filter((state) => reader(state, who) !== null),
    recovers: (key) => {
      for (const { fold } of states.values()) {
        const found = fold.members().find(({ user }) => hasRecoveryKey(fold, user, key))
        if (found) return { user: found.user, key }
      }
      return null
    },
  }
}

function hasRecoveryKey(fold: ScopeFold, user: UserId, key: string): boolean {
  const log = fold.userLog(user)
  return log !== null && equalBytes(log.recoverySign, idToBytes(key as UserId))
}
