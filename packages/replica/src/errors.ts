/** What can go wrong in a running device; the client translates by code. */
import { CodedError } from '@poruch/base'

export type ReplicaErrorCode =
  | 'bad-link'
  | 'bad-words'
  | 'unknown-words'
  | 'already-member'
  | 'not-member'
  | 'not-online'
  | 'refused'
  | 'contended'
  | 'read-only'
  | 'waiting-for-key'
  | 'too-long'
  | 'empty'
  | 'disk-full'
  | 'unknown-conversation'
  | 'closed'

/** `reason` carries the relay's or the log's own code where there is one. */
export class ReplicaError extends CodedError<ReplicaErrorCode> {
  readonly reason: string | null

  constructor(code: ReplicaErrorCode, message: string, options: { cause?: unknown; reason?: string } = {}) {
    super(code, message, options)
    this.reason = options.reason ?? null
  }
}
