/** Rows of the same kind: a picture, a name with a note under it, and what can be done with it. */
import type { JSX } from 'solid-js'
import { For, Show } from 'solid-js'

export interface ListRow {
  readonly id: string
  readonly label: string
  readonly note?: string
  readonly leading?: () => JSX.Element
  readonly actions?: () => JSX.Element
}

/** Rows are drawn again only where they changed identity: give the same objects for what stayed the same. */
export function List(props: { readonly label: string; readonly rows: readonly ListRow[]; readonly empty?: string }): JSX.Element {
  return (
    <Show when={props.rows.length > 0} fallback={<p class="list-empty">{props.empty}</p>}>
      <ul class="list" aria-label={props.label}>
        <For each={props.rows}>
          {(row) => (
            <li class="list-row">
              {row.leading?.()}
              <span class="list-text">
                <span class="list-label">{row.label}</span>
                <Show when={row.note}>
                  <span class="list-note">{row.note}</span>
                </Show>
              </span>
              {row.actions?.()}
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}
