/** Which buttons make sense for whom; the log judges, the screen only leaves out what would be refused. */
import type { RoleName, WorkspaceView } from '@poruch/replica'

const ranks: Readonly<Record<RoleName | 'none', number>> = { none: 0, viewer: 1, commenter: 2, editor: 3, admin: 4, owner: 5 }

export function isAdmin(role: RoleName | 'none'): boolean {
  return ranks[role] >= ranks.admin
}

/** Admins remove those below them. */
export function mayRemove(mine: RoleName | 'none', theirs: RoleName): boolean {
  return isAdmin(mine) && ranks[theirs] < ranks[mine]
}

/** Owners name owners, and one stays. */
export function mayChangeOwner(mine: RoleName | 'none', theirs: RoleName, owners: number): boolean {
  return mine === 'owner' && (theirs !== 'owner' || owners > 1)
}

/** What waits for this person's word: who wants in, and changes of owners that others have agreed to. */
export function waitingFor(workspace: WorkspaceView | null): number {
  if (!workspace) return 0
  const me = workspace.members.find(({ isMe }) => isMe)?.user
  return workspace.requests.length + workspace.proposals.filter(({ by }) => !by.some((user) => user === me)).length
}
