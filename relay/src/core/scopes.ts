/** The folded logs that this relay keeps, and what is found through them. */
import { makeSerial } from '@poruch/base'
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
  }
}
