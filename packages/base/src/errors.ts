/** The base of every error that this project throws. */

/** An error with a stable code. The message is plain English for engineers, and never holds content or secrets. */
export class CodedError<Code extends string> extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(`${code}: ${message}`, options)
    this.name = new.target.name
    this.code = code
  }
}

/** Faults in foreign bytes that the readers of this package find. */
export class BaseError extends CodedError<'truncated' | 'too-long' | 'trailing-bytes' | 'bad-id'> {}

/** The code of a CodedError, or `unexpected` for anything else that was thrown. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof CodedError ? String(thrown.code) : 'unexpected'
}

/** The outcome of judging other people's data: no exception, but a reason with a stable code. */
export type Judged<T, Reason extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: Reason }
