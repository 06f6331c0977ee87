/** What these screens may do; a replica fits. */
import type { Replica } from '@poruch/replica'

export type MemberCommands = Pick<
  Replica,
  | 'createInvitation'
  | 'invitationLink'
  | 'revokeInvitation'
  | 'admit'
  | 'deny'
  | 'removeMember'
  | 'leave'
  | 'admitLate'
  | 'moveRelay'
  | 'becomeSteward'
  | 'propose'
  | 'approve'
  | 'withdraw'
>
