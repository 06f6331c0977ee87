/** Which messages stand under one author's name, and where a new day begins. */

/** Messages of one author that follow within this time are one group. */
export const groupWindowMs = 5 * 60_000

export interface Placed {
  readonly author: string
  /** 0 when it is not known: of what was erased with all that stood beside it. */
  readonly wallTime: number
}

/** True where the author and the time are to be written: another author, another day, or a pause. Clocks may also run back. */
export function startsGroup(message: Placed, previous: Placed | undefined): boolean {
  if (!previous || previous.author !== message.author || startsDay(message, previous)) return true
  if (message.wallTime === 0) return false
  return Math.abs(message.wallTime - previous.wallTime) > groupWindowMs
}

/** True where the day of the reader's time zone is another than that of the message before. */
export function startsDay(message: Placed, previous: Placed | undefined): boolean {
  if (message.wallTime === 0) return false
  return !previous || previous.wallTime === 0 || dayOf(message.wallTime) !== dayOf(previous.wallTime)
}

function dayOf(wallTime: number): string {
  return new Date(wallTime).toDateString()
}
