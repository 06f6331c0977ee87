/** The bounds of everything that the relay keeps in memory or lets others make it do. */

/** A challenge is good once and for so long: one round trip, and a person's slow network. */
export const challengeLifeMs = 60_000
/** Challenges kept at once; the oldest goes first. 10,000 × 32 bytes. */
export const maxChallenges = 10_000
/** From the answer of `/api/session` to the connection; docs/PROTOCOL.md. */
export const tokenLifeMs = 15 * 60_000
/** Tokens kept at once; the oldest without a connection goes first. */
export const maxTokens = 20_000
/** Frames of one connection that wait to be judged; above it the socket is not read. design/sync.md. */
export const maxWaitingFrames = 64
/** Topics that one connection may follow: ten times the largest workspace of the design (1,000 topics). */
export const maxSubscriptions = 10_000
/** Answers that wait for a slow reader; one that does not read so many is closed. */
export const maxWaitingAnswers = 1_024
/** How long a reader may stay behind. design/sync.md. */
export const slowReaderLifeMs = 30_000
/** How often a slow reader is tried again. */
export const slowReaderRetryMs = 250
/** Rows that one step of a bulk answer or a log answer reads: 32 envelopes of 256 KiB are 8 MiB in memory. */
export const pageRows = 32
/** Topics of one SUB that are looked up together. */
export const topicsAtOnce = 256
/** Bytes of records in one ORDERED frame, well below the frame's 1 MiB. */
export const maxOrderedBytes = 512 * 1024
/** Of what a newcomer begins with, in one frame. */
export const maxStartPieceBytes = 512 * 1024
/** Records in one proposal: a removal, its epoch and some pins need three or four. */
export const maxProposalRecords = 64
/** After MOVED the head is kept for the proposer so long. design/security.md. */
export const headHoldMs = 2_000
/** Devices that wait for the head of one scope; more are told MOVED at once. */
export const maxHeadWaiters = 16
/** A device that let its hold pass unused gets none for so long, or two of them could hold the head for ever. */
export const holdPenaltyMs = 60_000
/** A member who is no admin may order so many entries at once, then one a minute. design/security.md says one a minute; the burst lets a day's work begin. */
export const maxProposalsAtOnce = 10
/** One entry of a member who is no admin comes back in so long; design/security.md. */
export const proposalRefillMs = 60_000
/** A member who is no admin may be refused so often at once, then once in ten seconds: each judgement costs signatures. */
export const maxRefusalsAtOnce = 20
/** One refusal of a member who is no admin comes back in so long. */
export const refusalRefillMs = 10_000
/** Sealed keys of one epoch for one user: the first may be wrong, its author is found out, others may try. */
export const maxKeyCandidates = 4
/** Join requests kept per invitation, denied ones included. */
export const maxJoinRequests = 64
/** How long a join request waits for an admin. */
export const joinLifeMs = 14 * 24 * 60 * 60_000
/** Entries of left stretches of a log that are remembered in one topic, each with an envelope: a take-over leaves some minutes of a log. */
export const maxLeftHeadsPerTopic = 256
/** Ephemeral messages of one connection per second, with a burst of the same size; more are dropped. Carets come every 50 ms at most. */
export const ephemeralsPerSecond = 40
/** Envelopes of other branches than the one in the order, kept per topic: as many as a reader keeps. */
export const maxForksPerTopic = 1024
/** Frames, in tokens: a day's work at once, then a thousand a second; one signature check is a tenth of a millisecond of one core. */
export const maxDeviceFramesAtOnce = 4_000
/** One token of a device comes back in so long. */
export const deviceFrameRefillMs = 1
/** Frames of all devices of one person, in tokens: twice what one device may send. */
export const maxAccountFramesAtOnce = 8_000
/** One token of an account comes back in so long. */
export const accountFrameRefillMs = 0.5
/** Each of these bytes of a frame is one token more: a device at its pace sends 16 MiB a second. */
export const frameTokenBytes = 16 * 1024
/** So many topics of a SUB are one token more: each is an indexed look-up. */
export const frameTokenTopics = 64
/** A frame that cannot be read: no program of ours sends one. */
export const garbageFrameTokens = 20
/** Devices, and accounts, whose pace is remembered across sessions. */
export const maxPacedNames = 20_000
/** Join requests of one device: a person asks once, and again after a lost answer. */
export const maxJoinsAtOnce = 10
/** One join request of a device comes back in so long. */
export const joinRefillMs = 6_000
/** Join requests through one link: a whole company that is given the same link. */
export const maxLinkJoinsAtOnce = 200
/** One join request through a link comes back in so long. */
export const linkJoinRefillMs = 1_000
/** Sessions of one device: a page that is reloaded over and over, then one in two seconds. */
export const maxDeviceSessionsAtOnce = 60
/** One session of a device comes back in so long. */
export const deviceSessionRefillMs = 2_000
/** Sessions of all devices of one person. */
export const maxAccountSessionsAtOnce = 240
/** One session of an account comes back in so long. */
export const accountSessionRefillMs = 500
/** A scope's log as one device brings it back: some hundred thousand entries. */
export const maxSeedBytes = 64 * 1024 * 1024
/** After a log was brought back nothing is ordered for so long: whoever holds more of it comes within a minute. */
export const seedQuietMs = 2 * 60_000
/** Sessions by a person's recovery key: a recovery takes two or three. */
export const maxRecoveriesAtOnce = 20
/** One session by a recovery key comes back in so long. */
export const recoveryRefillMs = 60_000
/** Bulk reads of one device: a reconnect needs one or two. */
export const maxDeviceBulksAtOnce = 600
/** One bulk read of a device comes back in so long. */
export const deviceBulkRefillMs = 100
/** Bulk reads of all devices of one person. */
export const maxAccountBulksAtOnce = 1_200
/** One bulk read of an account comes back in so long. */
export const accountBulkRefillMs = 50
/** Before an envelope is refused for its quota, what is kept is counted again, at most so often: trimming may have made room. */
export const usageRefreshMs = 10_000
/** A confirmed pack stands for its envelopes once it has been here so long: until then a cut or a dispute may come of what it holds. */
export const minPackAgeMs = 7 * 24 * 60 * 60_000
/** A pack that nobody has confirmed for so long, though others were there, may be wrong: another member's may take its place. */
export const maxUnconfirmedMs = 24 * 60 * 60_000
/** How often packs that are too young are looked at again: a timer of days does not survive a restart, and is not needed. */
export const packLookMs = 60 * 60_000
/** Packs read at a time: of 1,023 KiB each. */
export const packsAtOnce = 4
/** Ends of chains that are kept in memory, 200 bytes each. */
export const maxKnownEnds = 20_000
