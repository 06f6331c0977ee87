/** One JSON line per lifecycle event: names, codes and counts, never content. */
import type { Clock } from '@poruch/base'

export type Note = (event: string, detail?: Readonly<Record<string, string | number>>) => void

/** At most so many lines in a minute; a flood of faults must not fill the disk. */
const maxLinesPerMinute = 600
/** Characters of one value: three lines of a stack. */
const maxValueLength = 600

/** Runs of characters that may be an id, a key, a token or a secret of somebody. */
const idLike = /[0-9a-f]{16,}|[\w-]{22,}/giu
/** The one field that is a hash on purpose: the end of the audit chain, which names nobody. */
const witnessField = 'audit'

function withoutIds(detail: Readonly<Record<string, string | number>>): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      typeof value === 'string' && name !== witnessField ? value.replaceAll(idLike, '[id]').slice(0, maxValueLength) : value,
    ]),
  )
}

/** Whatever looks like an id is struck out: the callers give none, and a mistake of theirs must not be kept for ever. */
export function makeNote(clock: Clock, write: (line: string) => void): Note {
  let minute = 0
  let lines = 0
  return (event, detail = {}) => {
    const now = clock.now()
    if (Math.floor(now / 60_000) !== minute) {
      minute = Math.floor(now / 60_000)
      lines = 0
    }
    lines += 1
    if (lines <= maxLinesPerMinute)
      write(`${JSON.stringify({ time: new Date(now).toISOString(), level: 'info', event, ...withoutIds(detail) })}\n`)
  }
}
