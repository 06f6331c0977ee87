/** A view over a document that costs nothing while nobody looks: it listens to the document only while somebody listens to it. */
import type { Emitter, View } from '@poruch/base'
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
  return new ProjectedView(doc, projection)
}

/** A class, as its projections are: each chat that is open has one, and closures took as much as its messages. */
class ProjectedView<T> implements DocView<T> {
  readonly #doc: Y.Doc
  readonly #projection: Projection<T>
  #changes: Emitter<void> | null = null
  /** What the document calls while somebody listens. */
  #afterTransaction: (() => void) | null = null
  #listeners = 0
  // True when a change was taken in by `read` before the document's event: listeners must still hear of it.
  #untold = false

  constructor(doc: Y.Doc, projection: Projection<T>) {
    this.#doc = doc
    this.#projection = projection
  }

  read(): T {
    if (this.#projection.sync() && this.#listeners > 0) this.#untold = true
    return this.#projection.value()
  }

  subscribe(changed: () => void): () => void {
    this.#changes ??= makeEmitter()
    if (this.#listeners++ === 0) {
      this.#projection.sync()
      this.#afterTransaction = () => {
        this.#tell()
      }
      this.#doc.on('afterTransaction', this.#afterTransaction)
    }
    const unsubscribe = this.#changes.subscribe(changed)
    let isSubscribed = true
    return () => {
      if (!isSubscribed) return
      isSubscribed = false
      unsubscribe()
      if (--this.#listeners === 0 && this.#afterTransaction) this.#doc.off('afterTransaction', this.#afterTransaction)
    }
  }

  #tell(): void {
    if (!this.#projection.sync() && !this.#untold) return
    this.#untold = false
    this.#changes?.emit()
  }

  refresh(): void {
    this.#projection.reset()
    this.#projection.sync()
    this.#changes?.emit()
  }
}
