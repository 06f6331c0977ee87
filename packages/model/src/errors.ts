/** The errors of this package, and the reasons for which it refuses what others wrote. */
import { CodedError } from '@poruch/base'

/** A command was called with something that must not be written. */
export class ModelError extends CodedError<'too-long' | 'empty' | 'bad-id' | 'bad-number'> {}

/**
 * Why an update was refused: it is `malformed`; `too-large`; from a `foreign-client`; in a `foreign-parent`; next to a struct that is not
 * its author's (`foreign-origin`); not an append (`not-append`); a deletion (`has-deletions`); after structs that have not come
 * (`missing-dependency`); over known clocks (`clock-reused`); of content that is none of ours (`bad-content`), nested too deep
 * (`too-deep`), with too many parts (`too-many`), under a key that reaches prototypes (`forbidden-key`), or no tuple (`bad-tuple`).
 */
export type RefusalReason =
  | 'malformed'
  | 'too-large'
  | 'foreign-client'
  | 'foreign-parent'
  | 'foreign-origin'
  | 'not-append'
  | 'has-deletions'
  | 'missing-dependency'
  | 'clock-reused'
  | 'bad-content'
  | 'too-deep'
  | 'too-many'
  | 'forbidden-key'
  | 'bad-tuple'

/** Stops a reading half way; it never leaves this package. */
export class Refusal extends Error {
  readonly reason: RefusalReason

  constructor(reason: RefusalReason) {
    super(reason)
    this.name = 'Refusal'
    this.reason = reason
  }
}
