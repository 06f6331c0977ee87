/** Finds what was appended to a tuple document since the last look. */
import { LeanMap } from '@poruch/base'
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
  return new DocCursor(doc)
}

class DocCursor implements TupleCursor {
  readonly #doc: Y.Doc
  readonly #seen = new LeanMap<DeviceId, { readonly length: number; readonly last: unknown }>()

  constructor(doc: Y.Doc) {
    this.#doc = doc
  }

  next(): ReturnType<TupleCursor['next']> {
    const changed = arraysOf(this.#doc).filter(({ device, array }) => array.length !== (this.#seen.get(device)?.length ?? 0))
    if (changed.length === 0) return { restart: false, tuples: [] }
    // Two tabs of one device can write side by side; Yjs then orders their tuples, and one may come to stand before the other's.
    const restart = !changed.every(({ device, array }) => this.#isAppend(device, array))
    if (restart) this.#seen.clear()
    return { restart, tuples: (restart ? arraysOf(this.#doc) : changed).flatMap(({ device, array }) => this.#take(device, array)) }
  }

  reset(): void {
    this.#seen.clear()
  }

  #isAppend(device: DeviceId, array: Y.Array<unknown>): boolean {
    const known = this.#seen.get(device)
    return !known || (array.length >= known.length && array.get(known.length - 1) === known.last)
  }

  #take(device: DeviceId, array: Y.Array<unknown>): FoundTuple[] {
    const values = array.slice(this.#seen.get(device)?.length ?? 0)
    if (values.length > 0) this.#seen.set(device, { length: array.length, last: array.get(array.length - 1) })
    return values.map((value) => ({ device, value }))
  }
}
