/** Values by position: what held in the state after any past entry. */

export interface Dated<Value> {
  readonly pos: number
  readonly value: Value
}

/** In order of position; never empty where there ever was a value. */
export type History<Value> = readonly Dated<Value>[]

/** The history with one more value; one at the same position is replaced. */
export function dated<Value>(history: History<Value>, pos: number, value: Value): History<Value> {
  const kept = history.at(-1)?.pos === pos ? history.slice(0, -1) : history
  return [...kept, { pos, value }]
}

/** What held after `pos`, or undefined before the first. O(log n). */
export function valueAt<Value>(history: History<Value>, pos: number): Value | undefined {
  let low = 0
  let high = history.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((history[middle]?.pos ?? 0) <= pos) low = middle + 1
    else high = middle
  }
  return history[low - 1]?.value
}

export function lastValue<Value>(history: History<Value>): Value | undefined {
  return history.at(-1)?.value
}
