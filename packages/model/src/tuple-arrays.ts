/** A tuple document: one append-only Y.Array of immutable tuples per device, at the root `a:<device>`. */
import type { DeviceId } from '@poruch/base'
import { parseId } from '@poruch/base'
import * as Y from 'yjs'

/** The name of the only root that this device may write. */
export function arrayNameOf(device: DeviceId): string {
  return `a:${device}`
}

/** The device whose root this is, or null. */
export function deviceOfArray(name: string): DeviceId | null {
  return name.startsWith('a:') ? parseId<'device'>(name.slice(2)) : null
}

export interface DeviceArray {
  readonly device: DeviceId
  readonly array: Y.Array<unknown>
}

/** Of each document, with the number of its roots then: each view looks with each reading, and roots are never taken away. */
const found = new WeakMap<Y.Doc, { readonly roots: number; readonly arrays: readonly DeviceArray[] }>()

/** The arrays that the document holds, by device in ascending order; roots of any other name or type are left out. */
export function arraysOf(doc: Y.Doc): readonly DeviceArray[] {
  const known = found.get(doc)
  if (known?.roots === doc.share.size) return known.arrays
  const arrays = readArrays(doc)
  found.set(doc, { roots: doc.share.size, arrays })
  return arrays
}

function readArrays(doc: Y.Doc): readonly DeviceArray[] {
  const arrays: DeviceArray[] = []
  for (const [name, type] of doc.share) {
    const device = deviceOfArray(name)
    // A root that came by an update has no type until it is first asked for.
    if (device && (type.constructor === Y.AbstractType || type instanceof Y.Array)) arrays.push({ device, array: doc.getArray(name) })
  }
  return arrays.toSorted((a, b) => (a.device < b.device ? -1 : 1))
}

/** Where a tuple stands in Yjs' own terms. */
export interface TuplePlace {
  /** The tuple's second field; in documents that hold messages, a message's id. */
  readonly id: unknown
  readonly client: number
  readonly clock: number
}

/** @yields where the device's tuples stand, in order */
export function* placesOfTuples(doc: Y.Doc, device: DeviceId): Generator<TuplePlace> {
  for (let item = doc.getArray(arrayNameOf(device))._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentAny)) continue
    const { client, clock } = item.id
    for (const [at, tuple] of (item.content.arr as unknown[]).entries()) {
      if (Array.isArray(tuple)) yield { id: tuple[1], client, clock: clock + at }
    }
  }
}

/** Appends one tuple in one transaction. */
export function appendTuple(doc: Y.Doc, device: DeviceId, tuple: readonly unknown[]): void {
  doc.transact(() => {
    const array = doc.getArray<unknown>(arrayNameOf(device))
    // Reading the last element sets a search marker; without it `push` walks the whole of a freshly loaded array.
    if (array.length > 0) array.get(array.length - 1)
    array.push([tuple])
  })
}
