/** What a screen may know of the state below it: read now, and be told when to read again. */
import { makeEmitter } from './emitter.ts'

export interface View<T> {
  /** The present value; the same object as before if nothing changed. */
  read(): T
  /** Calls `changed` after each change; the returned function unsubscribes. */
  subscribe(changed: () => void): () => void
}

export interface Cell<T> extends View<T> {
  set(value: T): void
}

/** A view over one value that its owner sets. Setting the same value again tells nobody. */
export function makeCell<T>(initial: T): Cell<T> {
  let value = initial
  const changes = makeEmitter<void>()
  return {
    read: () => value,
    subscribe: changes.subscribe,
    set: (next) => {
      if (Object.is(next, value)) return
      value = next
      changes.emit()
    },
  }
}
