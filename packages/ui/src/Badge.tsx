/** A count beside a name. */
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'

/** Three digits would not fit beside a name. */
const countMax = 99

/** Nothing at zero. `label` says the same in words. */
export function Badge(props: { readonly count: number; readonly label: string }): JSX.Element {
  return (
    <Show when={props.count > 0}>
      <span class="badge">
        <span aria-hidden="true">{props.count > countMax ? `${countMax}+` : props.count}</span>
        <span class="visually-hidden">{props.label}</span>
      </span>
    </Show>
  )
}
