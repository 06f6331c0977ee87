export { checkCompact } from './compaction/check-compact.ts'
export type { CheckedCompact, CompactVerdict } from './compaction/check-compact.ts'
export { splitPack } from './compaction/pack-ends.ts'
export type { ChainPlace, PackParts } from './compaction/pack-ends.ts'
export { checkEnvelope, checkEphemeral } from './envelope/check.ts'
export type { CheckedEnvelope, EnvelopeFault, EnvelopeQuestion, EnvelopeRefusal, EnvelopeVerdict } from './envelope/check.ts'
export { envelopeContext, envelopeId, envelopeSignatureDomain } from './envelope/context.ts'
export type { ContextParts } from './envelope/context.ts'
export { decodeProof, encodeProof, encodeTarget, splitErase } from './envelope/erased.ts'
export type { ErasedContent, EraseTarget } from './envelope/erased.ts'
export {
  decodeEnvelope,
  encodeErased,
  encodeReplaced,
  deviceIndexOf,
  encodeHeader,
  envelopeKinds,
  envelopeSignatureSizeBytes,
  envelopeSuite,
  envelopeVersion,
  headerSizeBytes,
  hintOf,
  isErasedForm,
} from './envelope/header.ts'
export type { Envelope, EnvelopeFormFault, EnvelopeHeader, ReplacedPack } from './envelope/header.ts'
export { statedHead } from './envelope/left-heads.ts'
export { standingOf } from './envelope/standing.ts'
export type { ChainIndex, Standing, StandingQuery } from './envelope/standing.ts'
export { SyncError } from './errors.ts'
export type { SyncErrorCode } from './errors.ts'
export { decodeFrame, decodeSyncRequest, encodeFrame, encodeSyncRequest } from './frame/codec.ts'
export type { Frame, FrameOf, FrameType, TopicCursor } from './frame/layouts.ts'
export { parseFrameText } from './frame/text.ts'
export {
  lamportLimit,
  maxCodeSizeBytes,
  maxCompactSizeBytes,
  maxDeps,
  maxDetailSizeBytes,
  maxEnvelopeSizeBytes,
  maxEphemeralAgeMs,
  maxFrameSizeBytes,
  maxTopicsInFrame,
} from './limits.ts'
export type { EnvelopeAuthority } from './ports.ts'
