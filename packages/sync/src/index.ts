export { rankOf } from './compaction/election.ts'
export type { Compact } from './compaction/pack.ts'
export type { ChainPlace } from './compaction/pack-ends.ts'
export type { StalePack } from './compaction/repacking.ts'
export type { PackReceived, PackWord, Tail } from './compaction/topic-packs.ts'
export type { HeardBeacon, SealedBeacon } from './engine/beacons.ts'
export { openSync } from './engine/open-sync.ts'
export type { Sync, SyncOptions } from './engine/open-sync.ts'
export type { SyncLog } from './engine/core.ts'
export type { ControlFrame, ControlLine } from './engine/session.ts'
export type { FalsePack, ForkPlace, TopicState } from './engine/topic.ts'
export type { Written } from './engine/writer.ts'
export type { Beacon, BeaconEnd } from './envelope/beacon.ts'
export { SyncError } from './errors.ts'
export type { SyncErrorCode } from './errors.ts'
export {
  batchWindowMs,
  maxBeaconEnds,
  maxBeaconsHeard,
  maxEphemeralAgeMs,
  maxEphemeralBodySizeBytes,
  maxFrameSizeBytes,
  maxUpdateSizeBytes,
  maxWaitingEnvelopes,
  maxWaitingSizeBytes,
} from './limits.ts'
export type { PeerOptions, PeerSession, PeerSessionState } from './peer/peer-session.ts'
export type {
  Applier,
  Authority,
  BulkReader,
  Cursor,
  EnvelopeAuthority,
  FrameLink,
  Head,
  LogRow,
  LogStore,
  StoreChange,
  Opened,
  Signer,
  LeftHead,
  StoredPack,
} from './ports.ts'
export type { RelayOptions, RelaySession, RelaySessionState } from './relay/relay-session.ts'
export type { ChainRefusal } from './relay/refusals.ts'
