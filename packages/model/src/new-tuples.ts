/** Finds what was appended to a tuple document since the last look. */
import type { DeviceId } from '@poruch/base'
import type * as Y from 'yjs'
import { arraysOf } from './tuple-arrays.ts'

export interface FoundTuple {
  readonly device: DeviceId
  readonly value: unknown
}

export interface TupleCursor {
  /** What is new, by device and in each device's own order; `restart` when something stands before what was seen: then all, anew. */
  next(): { readonly restart: boolean; readonly tuples: readonly FoundTuple[] }
  reset(): void
}

export function makeTupleCursor(doc: Y.Doc): TupleCursor {
  const seen = new Map<DeviceId, { length: number; last: unknown }>()
  const isAppend = (device: DeviceId, array: Y.Array<unknown>): boolean => {
    const known = seen.get(device)
    return !known || (array.length >= known.length && array.get(known.length - 1) === known.last)
  }
  const take = (device: DeviceId, array: Y.Array<unknown>): FoundTuple[] => {
    const values = array.slice(seen.get(device)?.length ?? 0)
    if (values.length > 0) seen.set(device, { length: array.length, last: array.get(array.length - 1) })
    return values.map((value) => ({ device, value }))
  }
  return {
    next: () => {
      const changed = arraysOf(doc).filter(({ device, array }) => array.length !== (seen.get(device)?.length ?? 0))
      if (changed.length === 0) return { restart: false, tuples: [] }
      // Two tabs of one device can write side by side; Yjs then orders their tuples, and one may come to stand before the other's.
      const restart = !changed.every(({ device, array }) => isAppend(device, array))
      if (restart) seen.clear()
      return { restart, tuples: (restart ? arraysOf(doc) : changed).flatMap(({ device, array }) => take(device, array)) }
    },
    reset: () => {
      seen.clear()
    },
  }
}
