/** What a caller of this package can do wrong, and what its decoders find wrong in foreign bytes. */
import { CodedError } from '@poruch/base'

/**
 * `bad-cbor`: not canonical CBOR of the allowed types. `too-large`: over a bound. `bad-shape`: canonical, but not the structure asked for.
 * `unknown-version`, `unknown-op`: made by a newer program. `bad-words`: not 24 recovery words. `cannot-open`: sealed to other keys.
 * `no-genesis`: a fold is asked for its scope before its first entry. `stale-undo`: a batch is undone after another was applied.
 */
export class IdentityError extends CodedError<
  'bad-cbor' | 'too-large' | 'bad-shape' | 'unknown-version' | 'unknown-op' | 'bad-words' | 'cannot-open' | 'stale-undo' | 'no-genesis'
> {}
