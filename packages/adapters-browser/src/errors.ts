/** The errors that the browser's adapters throw. */
import { CodedError } from '@poruch/base'

/**
 * What the ports of sync name (`disk-full`, `store-closed`, and of a BulkReader `offline`, `unauthorised`) is thrown as SyncError; the rest as this.
 * `newer-version` the database was written by a newer program · `store-unavailable` the browser gives no database · `damaged-record` a sealed value does not open ·
 * `offline` no answer · `unauthorised` the relay no longer takes the session · `bad-answer` the relay's answer cannot be read ·
 * `relay-changed` another relay answers than expected · `frame-too-large` · `wrong-passphrase` · `too-many-tries` guesses of it are not taken yet ·
 * `older-profile` the keys of this profile cannot be put behind a passphrase
 */
export class AdapterError extends CodedError<
  | 'newer-version'
  | 'store-unavailable'
  | 'damaged-record'
  | 'offline'
  | 'unauthorised'
  | 'bad-answer'
  | 'relay-changed'
  | 'frame-too-large'
  | 'wrong-passphrase'
  | 'too-many-tries'
  | 'older-profile'
> {}

/** The relay answered, and said no. */
export class RelayRefusal extends CodedError<'refused'> {
  /** The relay's own stable code. */
  readonly reason: string

  constructor(reason: string, message: string, options?: { cause?: unknown }) {
    super('refused', message, options)
    this.reason = reason
  }
}
