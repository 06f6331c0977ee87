/** Which screen is open: the fragment of the address. */
import type { Accessor } from 'solid-js'
import { createMemo, createSignal, onCleanup } from 'solid-js'
import type { Route } from './paths.ts'
import { hrefOf, parseRoute } from './paths.ts'

/** Follows links, back and forward. The same address gives the same object. */
export function createRoute(): Accessor<Route> {
  const [fragment, setFragment] = createSignal(location.hash)
  const follow = (): void => {
    setFragment(location.hash)
  }
  window.addEventListener('hashchange', follow)
  onCleanup(() => {
    window.removeEventListener('hashchange', follow)
  })
  return createMemo(() => parseRoute(fragment()))
}

export function goTo(route: Route): void {
  location.hash = hrefOf(route)
}
