/** What happened in a schedule, as a hash; and as events for whoever asks. */
import { createHash } from 'node:crypto'
import { toBase64 } from '@poruch/base'
import type { Bytes, Clock } from '@poruch/base'

/** Plain data: one line of a trace file. `at`: milliseconds since 1970, of the world's clock. */
export type TraceEvent =
  | { readonly at: number; readonly what: 'note'; readonly text: string }
  /** `bytes` in base64; `path` is `from>to`. */
  | { readonly at: number; readonly what: 'frame'; readonly path: string; readonly bytes: string }

export interface Trace {
  note(text: string): void
  frame(path: string, frame: Bytes): void
  /** Hexadecimal: the same for the same seed. */
  hash(): string
}

/** `write` hears every event; without it they are only hashed. */
export function makeTrace(clock: Pick<Clock, 'now'>, write?: (event: TraceEvent) => void): Trace {
  const hash = createHash('sha256')
  return {
    note: (text) => {
      hash.update(`${clock.now()} ${text}\n`)
      write?.({ at: clock.now(), what: 'note', text })
    },
    frame: (path, frame) => {
      hash.update(`${clock.now()} ${path} ${frame.length} `).update(frame)
      write?.({ at: clock.now(), what: 'frame', path, bytes: toBase64(frame) })
    },
    hash: () => hash.copy().digest('hex'),
  }
}
