export type {
  AnchorInfo,
  ApplyOptions,
  BranchNote,
  EnvelopePlace,
  EpochInfo,
  InvitationInfo,
  MemberInfo,
  RecordBytes,
  ScopeFold,
  StateExport,
  TakenOver,
  Standing,
  TopicRule,
} from './fold-api.ts'
export {
  maxCutListBytes,
  maxEntryBytes,
  maxJoinRequestBytes,
  maxKeyRecordBytes,
  maxRecordBytes,
  maxUserEntries,
  maxUserEntryBytes,
} from './bounds.ts'
export { IdentityError } from './errors.ts'
export { readersRootOf } from './fold/epochs.ts'
export type { Reader } from './fold/epochs.ts'
export { verifyFraud } from './fold/fraud.ts'
export type { FraudReason } from './fold/fraud.ts'
export { isApproval } from './fold/role-rules.ts'
export { isTakeOverApproval } from './fold/take-over.ts'
export type { FoldReason } from './fold/reasons.ts'
export { makeScopeFold } from './fold/scope-fold.ts'
export type { ScopeFoldOptions } from './fold/scope-fold.ts'
export { decodeJoinRequest } from './invitation/join-request.ts'
export type { JoinRequest } from './invitation/join-request.ts'
export { invitationOpen, verifyJoinRequest } from './invitation/verify-request.ts'
export type { JoinReason, VerifiedJoinRequest } from './invitation/verify-request.ts'
export {
  decodeDirectEpoch,
  directChain,
  directEpochId,
  directScopeId,
  directTopicPrefix,
  followsDirect,
  verifyDirectEpoch,
} from './keys/direct-epoch.ts'
export type { DirectEpoch, DirectEpochOptions, DirectSeal, VerifiedDirectEpoch } from './keys/direct-epoch.ts'
export { decodeSealedKey, verifySealedKey } from './keys/sealed-key.ts'
export type { KeyRecordOptions, KeyRecordReason, SealedKey } from './keys/sealed-key.ts'
export { parsed } from './parse.ts'
export { roles } from './roles.ts'
export type { Role } from './roles.ts'
export { cutRootOf, decodeCutList, encodeCutList } from './scope-log/cuts.ts'
export type { CutRow } from './scope-log/cuts.ts'
export {
  countersign,
  countersignedBytes,
  decodeEntry,
  decodeRecord,
  encodeEntry,
  encodeRecord,
  entryIdOf,
  orderDomain,
  scopeIdOf,
} from './scope-log/entry.ts'
export type { OrderedPlace, ScopeEntry, ScopeRecord } from './scope-log/entry.ts'
export { cutRootIn, docKinds, historyPolicies, scopeKinds } from './scope-log/ops.ts'
export type { Approval, ScopeOp, ScopeOpKind } from './scope-log/ops.ts'
export { userLogIn } from './scope-log/user-log-in.ts'
export { isReactionTopic, prefixOf, topicIdOf } from './scope-log/topics.ts'
export { decodeUserEntry, encodeUserEntry, userEntryId } from './user-log/entry.ts'
export type { UserEntry } from './user-log/entry.ts'
export { foldUserLog } from './user-log/fold.ts'
export { decideFork } from './user-log/forks.ts'
export type { ForkDecision, ForkOptions } from './user-log/forks.ts'
export type { Revocation, UserLogStep } from './user-log/fold.ts'
export { pinSteps } from './user-log/pin-steps.ts'
export type { UserLogReason } from './user-log/rules.ts'
export type { UserDevice, UserLogState } from './user-log/state.ts'
export { liveDevice } from './user-log/state.ts'
export type { PukSeal, RevocationCut, UserOp } from './user-log/ops.ts'
export { makeTopicAuthority } from './topic-authority.ts'
export type { KnownDirectEpoch, TopicAuthority } from './topic-authority.ts'
