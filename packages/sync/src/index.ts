export { SyncError } from './errors.ts'
export type { SyncErrorCode } from './errors.ts'
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
  Opened,
  Signer,
} from './ports.ts'
