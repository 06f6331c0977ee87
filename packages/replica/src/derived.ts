/** Values that are computed from others only when somebody reads, and views of them that tell no more often than a screen can follow. */
import { makeEmitter } from '@poruch/base'
import type { Clock, View } from '@poruch/base'

export interface Memo<T> {
  /** The same value until it is invalidated. */
  read(): T
  invalidate(): void
}

export function makeMemo<T>(compute: () => T): Memo<T> {
  let value: { readonly of: T } | null = null
  return {
    read: () => (value ??= { of: compute() }).of,
    invalidate: () => {
      value = null
    },
  }
}

export interface Derived<T> extends View<T>, Memo<T> {
  /** What it is computed from has changed. Listeners hear it after the present task, and then at most once per `tellWindowMs`. */
  invalidate(): void
  /** Nobody hears anything any more. */
  close(): void
}

/** Three frames: a screen that reads a thousand messages one by one would compute its list a thousand times. */
const tellWindowMs = 50

export function makeDerived<T>(clock: Clock, compute: () => T): Derived<T> {
  const memo = makeMemo(compute)
  const changes = makeEmitter<void>()
  let listeners = 0
  let isWindowOpen = false
  let isDirty = false
  let isClosed = false
  const tell = (): void => {
    isWindowOpen = true
    isDirty = false
    queueMicrotask(() => {
      if (!isClosed) changes.emit()
    })
    clock.after(tellWindowMs, () => {
      isWindowOpen = false
      if (isDirty && !isClosed) tell()
    })
  }
  return {
    read: memo.read,
    subscribe: (listener) => {
      listeners++
      const stop = changes.subscribe(listener)
      let isSubscribed = true
      return () => {
        if (isSubscribed) listeners--
        isSubscribed = false
        stop()
      }
    },
    invalidate: () => {
      memo.invalidate()
      if (isClosed || listeners === 0) return
      if (isWindowOpen) isDirty = true
      else tell()
    },
    close: () => {
      isClosed = true
    },
  }
}
