/** Brings a View into Solid. */
import type { View } from '@poruch/base'
import type { Accessor } from 'solid-js'
import { createComputed, createSignal, onCleanup, untrack } from 'solid-js'
import { createStore, reconcile, unwrap } from 'solid-js/store'

/**
 * The view's value, kept up to date for as long as the owner lives; when `source` answers another view, of that one. Rows of lists are
 * matched by `id`, and only what differs is painted again. The value is copied: a store writes into its objects, and a view's belong
 * to the view. `select` picks what this screen needs, so that a long rest is never compared.
 */
export function createView<T>(source: () => View<T>): Accessor<T>
export function createView<T, U>(source: () => View<T>, select: (value: T) => U): Accessor<U>
export function createView<T, U>(source: () => View<T>, select?: (value: T) => U): Accessor<T | U> {
  const valueOf = (view: View<T>): T | U => copyOf(select ? select(view.read()) : view.read())
  const [state, setState] = createStore<{ value: T | U }>({ value: untrack(() => valueOf(source())) })
  const take = (value: T | U): void => {
    setState('value', reconcile(value, { key: 'id' }))
  }
  createComputed(() => {
    const view = source()
    take(valueOf(view))
    onCleanup(
      view.subscribe(() => {
        take(valueOf(view))
      }),
    )
  })
  return () => state.value
}

/**
 * The view's own value, kept up to date for as long as the owner lives: nothing is copied or compared, whatever its length. It belongs to
 * the view, so it is only read, and never put into a store.
 */
export function createPlainView<T>(source: () => View<T>): Accessor<T> {
  const [value, setValue] = createSignal<T>(
    untrack(() => source().read()),
    { equals: false },
  )
  createComputed(() => {
    const view = source()
    setValue(() => view.read())
    onCleanup(
      view.subscribe(() => {
        setValue(() => view.read())
      }),
    )
  })
  return value
}

/** A copy of plain data, out of stores too: what a command may keep or send on. */
export function copyOf<T>(value: T): T {
  return structuredClone(unwrap(value))
}
