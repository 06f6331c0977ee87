/** A list of listeners. */

export interface Emitter<Event> {
  /** Calls every listener; one that throws does not keep the others from hearing. Its error goes to `onError`. */
  emit(event: Event): void
  /** The returned function unsubscribes; calling it again does nothing. */
  subscribe(listener: (event: Event) => void): () => void
}

export function makeEmitter<Event>(onError: (thrown: unknown) => void = reportLater): Emitter<Event> {
  // Most of the things that may be listened to never are.
  let listeners: Set<(event: Event) => void> | null = null
  return {
    emit: (event) => {
      // A copy: who subscribes while an event goes round hears the next one, and who unsubscribes hears nothing more.
      for (const listener of Array.from(listeners ?? [])) {
        if (!listeners?.has(listener)) continue
        try {
          listener(event)
        } catch (thrown) {
          onError(thrown)
        }
      }
    },
    subscribe: (listener) => {
      const own = (event: Event): void => {
        listener(event)
      }
      listeners ??= new Set()
      listeners.add(own)
      return () => {
        listeners?.delete(own)
      }
    },
  }
}

function reportLater(thrown: unknown): void {
  queueMicrotask(() => {
    throw thrown
  })
}
