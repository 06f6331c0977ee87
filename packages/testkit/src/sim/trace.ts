/** What happened in a schedule, as a hash; and as lines for whoever asks. */
import { createHash } from 'node:crypto'
import type { Bytes, Clock } from '@poruch/base'

export interface Trace {
  note(text: string): void
  frame(path: string, frame: Bytes): void
  /** Hexadecimal: the same for the same seed. */
  hash(): string
}

/** `write` hears every line; without it they are only hashed. */
export function makeTrace(clock: Pick<Clock, 'now'>, write?: (line: string) => void): Trace {
  const hash = createHash('sha256')
  const add = (text: string): void => {
    hash.update(text)
    write?.(text)
  }
  return {
    note: (text) => {
      add(`${clock.now()} ${text}\n`)
    },
    frame: (path, frame) => {
      add(`${clock.now()} ${path} ${frame[0]} ${frame.length} `)
      hash.update(frame)
      write?.('\n')
    },
    hash: () => hash.copy().digest('hex'),
  }
}
