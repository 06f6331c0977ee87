/** The errors of sync. */
import { CodedError } from '@poruch/base'

/**
 * `disk-full`, `store-closed`: of a LogStore · `head-moved`: another tab wrote faster, over and over · `unknown-topic`: no log judges it here ·
 * `no-key`, `epoch-due`, `no-right`: nothing can be written now · `log-behind`: the chain names a newer position than the log here has ·
 * `too-large`: an update or body over its bound · `queue-full`: too much waits for the disk · `refused`: the documents refuse the content ·
 * `chain-elsewhere`: envelopes of this device's own chain that are not here were found elsewhere, so it is a copy of another ·
 * `no-target`, `not-erasable`: what is to be erased is not here, or is no content ·
 * `not-ready`: the device's own chain is not read to its end yet · `closed`: sync was closed · `offline`, `unauthorised`: of a BulkReader.
 */
export type SyncErrorCode =
  | 'disk-full'
  | 'store-closed'
  | 'head-moved'
  | 'unknown-topic'
  | 'no-key'
  | 'epoch-due'
  | 'no-right'
  | 'log-behind'
  | 'too-large'
  | 'queue-full'
  | 'refused'
  | 'not-ready'
  | 'chain-elsewhere'
  | 'no-target'
  | 'not-erasable'
  | 'closed'
  | 'offline'
  | 'unauthorised'

export class SyncError extends CodedError<SyncErrorCode> {}
