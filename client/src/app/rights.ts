/** Which buttons make sense for whom; the log judges, the screen only leaves out what would be refused. */
import type { RoleName } from '@poruch/replica'

const ranks: Readonly<Record<RoleName | 'none', number>> = { none: 0, viewer: 1, commenter: 2, editor: 3, admin: 4, owner: 5 }

export function isAdmin(role: RoleName | 'none'): boolean {
  return ranks[role] >= ranks.admin
}

/** Admins remove those below them. */
export function mayRemove(mine: RoleName | 'none', theirs: RoleName): boolean {
  return isAdmin(mine) && ranks[theirs] < ranks[mine]
}
