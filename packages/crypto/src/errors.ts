/** What a caller of this package can do wrong. */
import { CodedError } from '@poruch/base'

/** `bad-key`: not a key for this use. `bad-size`: a length outside what the primitive takes. `unknown-version`: made by a newer program. */
export class CryptoError extends CodedError<'bad-key' | 'bad-size' | 'unknown-version'> {}
