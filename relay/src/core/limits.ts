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
/** Records in one proposal: a removal, its epoch and some pins need three or four. */
export const maxProposalRecords = 64
/** After MOVED the head is kept for the proposer so long. design/security.md. */
export const headHoldMs = 2_000
/** Devices that wait for the head of one scope; more are told MOVED at once. */
export const maxHeadWaiters = 16
/** A device that let its hold pass unused gets none for so long, or two of them could hold the head for ever. */
export const holdPenaltyMs = 60_000
/** A member who is no admin may order so many entries at once, then one a minute. design/security.md says one a minute; the burst lets a day's work begin. */
export const proposalBurst = 10
export const proposalRefillMs = 60_000
/** A member who is no admin may be refused so often at once, then once in ten seconds: each judgement costs signatures. */
export const refusalBurst = 20
export const refusalRefillMs = 10_000
/** Sealed keys of one epoch for one user: the first may be wrong, its author is found out, others may try. */
export const maxKeyCandidates = 4
/** Join requests kept per invitation, denied ones included. */
export const maxJoinRequests = 64
/** How long a join request waits for an admin. */
export const joinLifeMs = 14 * 24 * 60 * 60_000
/** Ephemeral messages of one connection per second, with a burst of the same size; more are dropped. Carets come every 50 ms at most. */
export const ephemeralsPerSecond = 40
/** Both branches of a fork are kept as evidence, so many per topic. */
export const maxForksPerTopic = 16
