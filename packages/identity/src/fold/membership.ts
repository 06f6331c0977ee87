/** What changes with a member's role: history, owners, counts, epochs, invitations. */
import { roles } from '../roles.ts'
import type { Role } from '../roles.ts'
import { dated } from './history.ts'
import { roleOf } from './judging.ts'
import type { Judging } from './judging.ts'
import { changeGlobals, draftGlobals } from './state.ts'
import type { Cut, Globals, UserRow } from './state.ts'

export interface RoleChange {
  readonly role: Role
  /** Rows of the cut, when a right is lowered. */
  readonly cut: Cut | null
  /** True for RemoveMember. */
  readonly removed?: boolean
}

/** Puts the user's row with the new role into the draft. */
export function changeRole({ state, pos }: Judging, row: UserRow, change: RoleChange): void {
  const before = roleOf(row)
  const joins = before === roles.none
  state.users.set(row.user, {
    ...row,
    roles: dated(row.roles, pos, change.role),
    joinedPos: joins ? pos : row.joinedPos,
    wasRemoved: joins ? false : (change.removed ?? row.wasRemoved),
    lostAdminPos: before >= roles.admin && change.role < roles.admin ? pos : row.lostAdminPos,
    cuts: change.cut ? [...row.cuts, change.cut] : row.cuts,
  })
  // The log has spoken of them: what another branch says binds no more.
  if (state.elsewhere.draft(row.user) !== undefined) state.elsewhere.remove(row.user)
  const globals = draftGlobals(state)
  changeGlobals(state, { ...ownersAfter(globals, row, change.role), ...countAfter(globals, before, change.role) })
  if (change.role < before) rightLowered({ state, pos }, change.role === roles.none)
}

function ownersAfter(globals: Globals, row: UserRow, role: Role): Partial<Globals> {
  const was = globals.owners.includes(row.user)
  const is = role === roles.owner
  if (was === is) return {}
  const owners = is ? [...globals.owners, row.user] : globals.owners.filter((owner) => owner !== row.user)
  return { owners, ownerTerm: globals.ownerTerm + 1 }
}

function countAfter(globals: Globals, before: Role, after: Role): Partial<Globals> {
  const change = (minimum: Role): number => Number(after >= minimum) - Number(before >= minimum)
  return { memberCount: globals.memberCount + change(roles.viewer), editorCount: globals.editorCount + change(roles.editor) }
}

/** A right is lowered here: a new epoch is due. When a reader is lost, only later epochs may seal from here on. */
export function rightLowered({ state, pos }: Pick<Judging, 'state' | 'pos'>, readerLost: boolean): void {
  const globals = draftGlobals(state)
  changeGlobals(state, {
    epochDue: true,
    cutVersion: globals.cutVersion + 1,
    minGens: readerLost ? dated(globals.minGens, pos, globals.epochCount) : globals.minGens,
  })
}
