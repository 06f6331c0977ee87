/** The place of what is still being read. */
import type { JSX } from 'solid-js'
import { For } from 'solid-js'

/** Grey lines, the last one shorter; said once as `label`. */
export function Skeleton(props: { readonly label: string; readonly lines?: number }): JSX.Element {
  return (
    <div class="skeleton" role="status">
      <span class="visually-hidden">{props.label}</span>
      <For each={Array.from({ length: props.lines ?? 3 })}>{() => <span class="skeleton-line" />}</For>
    </div>
  )
}
