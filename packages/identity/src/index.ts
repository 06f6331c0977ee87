export { createDirectEpoch, openDirectEpoch } from './secrets/direct.ts'
export type { DirectParty, NewDirectEpochOptions } from './secrets/direct.ts'
export {
  approve,
  approveSequencer,
  draftAddDoc,
  draftAdmit,
  draftAdmitLate,
  draftAdmitRequest,
  draftAnchor,
  draftCheckpoint,
  draftCreateInvitation,
  draftEpoch,
  draftGenesis,
  draftLeave,
  draftPinUser,
  draftRemove,
  draftRevokeInvitation,
  draftSetMinimum,
  draftSetRole,
  draftSetSequencer,
  newPrefix,
} from './secrets/drafts.ts'
export { commitmentOf, createEpoch, openSealedKey, sealEpochKey, unwrapPreviousKey, unwrapPreviousKeys } from './secrets/epoch-keys.ts'
export type { NewEpochOptions, SealOptions } from './secrets/epoch-keys.ts'
export { createIdentity, recoverIdentity } from './secrets/identity.ts'
export type { Identity, NewIdentity, RevokedDevice } from './secrets/identity.ts'
export {
  createInvitationLink,
  createJoinRequest,
  invitationKeys,
  maxDisplayNameBytes,
  newInvitationSecret,
  openJoinName,
  parseInvitationLink,
} from './secrets/invitations.ts'
export type { InvitationKeys, InvitationLink, JoinOptions } from './secrets/invitations.ts'
export { genesisPlace, nextPlace, placeAfter, propose, proposeAll } from './secrets/propose.ts'
export type { Draft, EntryAuthor, LogPlace, Proposal } from './secrets/propose.ts'
export { openPuk, pukKeyOf, rotatePuk } from './secrets/puk.ts'
export type { OpenPukOptions, PukSeeds } from './secrets/puk.ts'
export { isRecoveryOf, recoveryKeysFromWords } from './secrets/recovery.ts'
export type { RecoveryKeys } from './secrets/recovery.ts'
export { safetyNumber } from './secrets/safety-number.ts'
export { addDeviceOp, deviceIdOf, extendUserLog, generateDeviceKeys, replaceRecoveryOp, revokeDeviceOp } from './secrets/user-entries.ts'
export type { DeviceKeys, DeviceSeeds, Extended } from './secrets/user-entries.ts'
