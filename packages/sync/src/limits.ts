/** The bounds of everything that sync reads, keeps and sends. */

/** docs/PROTOCOL.md, "Envelope": larger content is cut up by the models. */
export const maxEnvelopeSizeBytes = 256 * 1024
/** docs/PROTOCOL.md, "Frames". */
export const maxFrameSizeBytes = 1024 * 1024
/** docs/PROTOCOL.md, "Envelope": one dep per device of a topic at most. */
export const maxDeps = 4096
/** docs/PROTOCOL.md, "Envelope": the largest lamport is one less. */
export const lamportLimit = 2 ** 48
/** docs/PROTOCOL.md, "Envelope": how far a lamport may be ahead of what can be checked. */
export const maxLamportStep = 2 ** 16
/** Envelopes kept beside the chains of one topic. Two of them prove an equivocation; the rest lets another branch still stand. */
export const maxForkRows = 1024
/** Envelopes of one device and seq after which only those of a lower id are kept too. */
export const maxRivals = 4
/** Chains that a peer is told the places of in one session, and evidence remembered as told. */
export const maxPlacesAsked = 4096
/** The first write of a session on a topic waits so long for a connected relay to show this device's own chain. */
export const ownHeadWaitMs = 2000
/** Frames of evidence told of one topic: two for each device that has signed twice. */
export const maxEvidenceFrames = 64
/** docs/PROTOCOL.md, "Envelope": carets and typing older than this say nothing. */
export const maxEphemeralAgeMs = 60_000
/** Beacons of others that one names as heard, and chains that it names the ends of: then it fits two kilobytes. */
export const maxBeaconsHeard = 64
export const maxBeaconEnds = 16
/** One SUB or DIGESTS or sync request; more topics go in several. */
export const maxTopicsInFrame = 4096
/** Places of a chain in one PLACES: each twice as far from its end as the one before, and its beginning. */
export const maxPlaces = 34
/** An error's code and detail in a REFUSE. */
export const maxCodeSizeBytes = 64
export const maxDetailSizeBytes = 512

/** One update, and all updates of a batch together: fits an envelope with 4,096 deps and the largest padding. */
export const maxUpdateSizeBytes = 200 * 1024
/** The body of an ephemeral: a caret, a typing sign. */
export const maxEphemeralBodySizeBytes = 8 * 1024
/** design of the log: what arrives within this time after an envelope goes into one batch. */
export const batchWindowMs = 50
/** Of more updates than these the merger's cost, which grows with their square, is worth more than the bytes that it saves. */
export const maxMergedUpdates = 64
/** Updates of one topic that wait to be sealed; a disk that is slower than its writer must be seen. */
export const maxQueuedUpdates = 4096
export const maxQueuedSizeBytes = 16 * 1024 * 1024
/** Envelopes of one topic that cannot be judged yet: gaps, log positions and epochs that are not here. Then they are fetched again. */
export const maxWaitingEnvelopes = 4096
export const maxWaitingSizeBytes = 16 * 1024 * 1024
/** The same for all topics together. */
export const maxWaitingTotalBytes = 64 * 1024 * 1024
/** Tries of a write while another tab writes to the same chain; each loss means that the other one succeeded. */
export const maxSealAttempts = 16
/** Rows read from the store at a time. */
export const rowPageSize = 64
/** Opened inner parts kept from arrival to their turn, per topic. */
export const maxInnersKept = 64
/** Derived keys kept; one per epoch, kind and device of a topic. */
export const maxCachedKeys = 1024
/** Sessions of ephemerals remembered against replay; more within a minute are dropped. */
export const maxEphemeralSessions = 1024
/** Void envelopes answered at a time. */
export const maxVoidsListed = 1024
/** A relay's refusal of more is its back-pressure: design of the relay protocol. */
export const maxAppendsInFlight = 64
/** Over this a link is full; docs/PROTOCOL.md has no larger frame. */
export const maxLinkBufferedBytes = 1024 * 1024
/** Frames of one link that wait to be judged; entries beyond it are fetched later. */
export const maxInboxFrames = 1024
/** How long a full link is left alone. */
export const linkRetryMs = 100
/** How long after the last change a cursor is written; a crash before it costs a repeated fetch. */
export const cursorSaveDelayMs = 1000
/** Waits between tries to catch up, doubled each time. */
export const firstRetryMs = 1000
export const maxRetryMs = 30_000
/** A relay's order that was not as an honest one's is read again after this, three times as long each time, and so often in one session. */
export const firstRereadMs = 5000
export const maxRereads = 4
/** A chain that a relay cannot take now is offered again after this, doubled each time up to the other. */
export const refusedRetryMs = 5000
export const maxRefusedRetryMs = 5 * 60_000
/**
 * What others wrote is given to a relay only if it has not come from there meanwhile: else every member would send every envelope.
 * Up to three times as long, by chance.
 */
export const foreignUploadDelayMs = 2000
/** How often a relay may say that a chain does not fit before it is left alone. */
export const maxChainRewinds = 3
/** An entry that a relay's order lacks is fetched when it has not come by itself after this. */
export const lateEntryMs = 1000
/** A peer is told what has been taken once this long nothing came. */
export const vectorDelayMs = 200
/** What was pushed this long ago and is still missing in a peer's vector is pushed again. */
export const pushAgainMs = 1000
/** Refused chains that a session's state lists. */
export const maxRefusalsListed = 64
/** A pack or snapshot with its envelope: with a frame around it fits the largest frame. */
export const maxCompactSizeBytes = 1023 * 1024
/** Envelopes that go into one pack, together: what does not deflate must still fit a frame. */
export const maxPackedSizeBytes = 768 * 1024
/** Envelopes in one pack: a segment of a channel has 1,000 messages, each in an envelope at most. */
export const maxPackEntries = 4096
/** Devices in one pack; docs/PROTOCOL.md, "Packs". */
export const maxPackRuns = 1024
/** Devices that the envelopes of a pack name as deps. */
export const maxPackDepDevices = 4096
/** Between two rebuilds of a document because something was erased: what is erased at once is shown so long at most. */
export const rebuildGapMs = 5000
/** Of the time, that such rebuilds may take: whoever erases much holds nobody up. */
export const maxRebuildShare = 0.1
/** What a pack or snapshot inflates to at most: no deflate stream costs more memory, whatever it claims. */
export const maxInflatedPackBytes = 8 * 1024 * 1024
/** Packs from a relay that wait for log, epoch or key: of 1,023 KiB each; the oldest come again with the next session. */
export const maxWaitingPacks = 16
