/** What a screen says when there is nothing to show: the next step. */
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'

export function EmptyState(props: { readonly title: string; readonly hint?: string; readonly children?: JSX.Element }): JSX.Element {
  return (
    <div class="empty-state">
      <p class="empty-state-title">{props.title}</p>
      <Show when={props.hint}>
        <p class="empty-state-hint">{props.hint}</p>
      </Show>
      {props.children}
    </div>
  )
}
