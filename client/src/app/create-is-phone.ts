/** Whether the screen shows one pane at a time; the same width as in app.css. */
import type { Accessor } from 'solid-js'
import { createSignal, onCleanup } from 'solid-js'

export function createIsPhone(): Accessor<boolean> {
  const query = matchMedia('(max-width: 767px)')
  const [isPhone, setPhone] = createSignal(query.matches)
  const follow = (): void => {
    setPhone(query.matches)
  }
  query.addEventListener('change', follow)
  onCleanup(() => {
    query.removeEventListener('change', follow)
  })
  return isPhone
}
