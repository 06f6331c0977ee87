/** One JSON line per lifecycle event: names, codes and counts, never content. */
import type { Clock } from '@poruch/base'

export type Note = (event: string, detail?: Readonly<Record<string, string | number>>) => void

/** At most so many lines in a minute; a flood of faults must not fill the disk. */
const maxLinesPerMinute = 600

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
    if (lines <= maxLinesPerMinute) write(`${JSON.stringify({ time: new Date(now).toISOString(), level: 'info', event, ...detail })}\n`)
  }
}
