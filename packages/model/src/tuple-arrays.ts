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

/** The arrays that the document holds, by device in ascending order; roots of any other name or type are left out. */
export function arraysOf(doc: Y.Doc): { device: DeviceId; array: Y.Array<unknown> }[] {
  const found: { device: DeviceId; array: Y.Array<unknown> }[] = []
  for (const [name, type] of doc.share) {
    const device = deviceOfArray(name)
    // A root that came by an update has no type until it is first asked for.
    if (device && (type.constructor === Y.AbstractType || type instanceof Y.Array)) found.push({ device, array: doc.getArray(name) })
  }
  return found.toSorted((a, b) => (a.device < b.device ? -1 : 1))
}

/** Where the device's tuple with this id stands in Yjs' own terms, or null. O(tuples of the device). */
export function placeOfTuple(doc: Y.Doc, device: DeviceId, id: string): { readonly client: number; readonly clock: number } | null {
  for (let item = doc.getArray(arrayNameOf(device))._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentAny)) continue
    const at = (item.content.arr as unknown[]).findIndex((tuple) => Array.isArray(tuple) && tuple[1] === id)
    if (at >= 0) return { client: item.id.client, clock: item.id.clock + at }
  }
  return null
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
