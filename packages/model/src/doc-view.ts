/** A view over a document that costs nothing while nobody looks: it listens to the document only while somebody listens to it. */
import type { View } from '@poruch/base'
import { makeEmitter } from '@poruch/base'
import type * as Y from 'yjs'

export interface DocView<T> extends View<T> {
  /** Reads everything anew: call it when what the callbacks answer has changed. */
  refresh(): void
}

/** What a view keeps of its document. */
export interface Projection<T> {
  /** Takes in what is new in the document; true if the value has changed. */
  sync(): boolean
  reset(): void
  value(): T
}

export function makeDocView<T>(doc: Y.Doc, projection: Projection<T>): DocView<T> {
  const changes = makeEmitter<void>()
  let listeners = 0
  // True when a change was taken in by `read` before the document's event: listeners must still hear of it.
  let untold = false
  const afterTransaction = (): void => {
    if (!projection.sync() && !untold) return
    untold = false
    changes.emit()
  }
  return {
    read: () => {
      if (projection.sync() && listeners > 0) untold = true
      return projection.value()
    },
    subscribe: (changed) => {
      if (listeners++ === 0) {
        projection.sync()
        doc.on('afterTransaction', afterTransaction)
      }
      const unsubscribe = changes.subscribe(changed)
      let isSubscribed = true
      return () => {
        if (!isSubscribed) return
        isSubscribed = false
        unsubscribe()
        if (--listeners === 0) doc.off('afterTransaction', afterTransaction)
      }
    },
    refresh: () => {
      projection.reset()
      projection.sync()
      changes.emit()
    },
  }
}
