/** What a screen says when there is nothing to show: the next step. */
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'

export interface EmptyStateProps {
  readonly title: string
  readonly hint?: string
  /** Where it is all that there is on the screen. */
  readonly isHeading?: boolean
  readonly children?: JSX.Element
}

export function EmptyState(props: EmptyStateProps): JSX.Element {
  return (
    <div class="empty-state">
      <p class="empty-state-title" role={props.isHeading ? 'heading' : undefined} aria-level={props.isHeading ? 1 : undefined}>
        {props.title}
      </p>
      <Show when={props.hint}>
        <p class="empty-state-hint">{props.hint}</p>
      </Show>
      {props.children}
    </div>
  )
}
