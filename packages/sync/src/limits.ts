/** The bounds of everything that sync reads, keeps and sends. */

/** docs/PROTOCOL.md, "Envelope": larger content is cut up by the models. */
export const maxEnvelopeSizeBytes = 256 * 1024
/** docs/PROTOCOL.md, "Frames". */
export const maxFrameSizeBytes = 1024 * 1024
/** docs/PROTOCOL.md, "Envelope": one dep per device of a topic at most. */
export const maxDeps = 4096
/** docs/PROTOCOL.md, "Envelope": the largest lamport is one less. */
export const lamportLimit = 2 ** 48
/** docs/PROTOCOL.md, "Envelope": what a lamport may grow by over the largest that it follows. */
export const maxLamportStep = 2 ** 16
/** docs/PROTOCOL.md, "Envelope": carets and typing older than this say nothing. */
export const maxEphemeralAgeMs = 60_000
/** One SUB or DIGESTS or sync request; more topics go in several. */
export const maxTopicsInFrame = 4096
/** An error's code and detail in a REFUSE. */
export const maxCodeSizeBytes = 64
export const maxDetailSizeBytes = 512
