/** How the relay says no. */
import { codeOf } from '@poruch/base'
import type { Frame } from '@poruch/sync/wire'

/** The answer to a frame that asked for something; ref 0 where it had none. */
export function refusal(ref: number, code: string, detail = ''): Frame {
  return { type: 'REFUSE', ref, code: code.slice(0, 64), detail: detail.slice(0, 512) }
}

/** The code that a client is told when storage failed: `disk-full` and the like. */
export function storageCode(thrown: unknown): string {
  const code = codeOf(thrown)
  return code === 'unexpected' ? 'relay-failed' : code
}
