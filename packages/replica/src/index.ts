export { alarmCodes } from './api.ts'
export type {
  Alarm,
  AlarmCode,
  ConnectionView,
  ConversationId,
  ConversationSummary,
  ConversationView,
  Delivery,
  Draft,
  InvitationView,
  JoinRequestView,
  LateMessage,
  MemberView,
  MessageView,
  OwnDevice,
  OwnerProposal,
  Phase,
  Reach,
  Replica,
  RoleName,
  WorkspaceView,
} from './api.ts'
export { ReplicaError } from './errors.ts'
export type { ReplicaErrorCode } from './errors.ts'
export type { DocumentInfo, Holdings, Inspection, LogLine } from './inspection.ts'
export { loadLaterParts } from './later-parts.ts'
export { openReplica } from './open-replica.ts'
export type { OpenReplica } from './open-replica.ts'
export type {
  OlderKeys,
  PeerNetwork,
  PeersPort,
  RelayHandlers,
  RelayPort,
  RelayState,
  ReplicaPorts,
  SessionIdentity,
  TabsPort,
} from './ports.ts'
