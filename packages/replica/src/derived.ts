/** A view that is computed from others, at most once per change, and only when somebody reads. */
import { makeEmitter } from '@poruch/base'
import type { View } from '@poruch/base'

export interface Derived<T> extends View<T> {
  /** What it is computed from has changed. Listeners hear it once, after the present task. */
  invalidate(): void
}

export function makeDerived<T>(compute: () => T): Derived<T> {
  const changes = makeEmitter<void>()
  let value: { readonly of: T } | null = null
  let telling = false
  return {
    read: () => (value ??= { of: compute() }).of,
    subscribe: changes.subscribe,
    invalidate: () => {
      value = null
      if (telling) return
      telling = true
      queueMicrotask(() => {
        telling = false
        changes.emit()
      })
    },
  }
}
