/** One line over the screen about a state that lasts. */
import type { JSX } from 'solid-js'

/** `warning` for what keeps people from something, `info` for the rest. Said politely to those who do not see it. */
export function Banner(props: { readonly kind: 'info' | 'warning'; readonly children: JSX.Element }): JSX.Element {
  return (
    <div class="banner" role="status" data-kind={props.kind}>
      {props.children}
    </div>
  )
}
