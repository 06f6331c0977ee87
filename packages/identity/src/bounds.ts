/** Bounds of what this package stores and reads; each with its reason. */

/** One entry of a user's log: a RotatePUK to 33 recipients has 4.5 KB, a RevokeDevice for 256 scopes 18 KB. */
export const maxUserEntryBytes = 32_768
/** Entries of one user's log that one operation may carry: four years of monthly rotations and renewals. */
export const maxUserEntries = 256
/** Live devices of one user. */
export const maxLiveDevices = 32
/** Scopes that one RevokeDevice may cut. */
export const maxRevokedScopes = 256
/** One entry of a scope's log; a pin of 256 usual user entries stays below it. */
export const maxEntryBytes = 131_072
/** One cut list: about 5,000 rows, so that a record fits in a frame of 1 MiB. */
export const maxCutListBytes = 655_360
/** One record: an entry, a cut list, 64 bytes of signature and their heads. */
export const maxRecordBytes = maxEntryBytes + maxCutListBytes + 128
/** Approvals on one entry; more owners than this are not asked for. */
export const maxApprovals = 128
/** Uses of one invitation. */
export const maxInvitationUses = 10_000
/** A join request: a whole user log, a name and signatures. */
export const maxJoinRequestBytes = 65_536
/** A sealed display name: 12 bytes of nonce, 256 bytes of text, 16 bytes of tag. */
export const maxSealedNameBytes = 284
/** A sealed key or a direct epoch. */
export const maxKeyRecordBytes = 2_048
/** Present members of one scope: four times the design point of 5,000. */
export const maxMembers = 20_000
