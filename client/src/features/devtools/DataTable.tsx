/** A table of facts: many rows, short cells, numbers to the right. */
import type { JSX } from 'solid-js'
import { For, Show } from 'solid-js'

export interface Column {
  readonly label: string
  readonly isNumber?: boolean
}

export interface DataTableProps {
  readonly caption: string
  readonly none: string
  readonly columns: readonly Column[]
  /** One cell per column. */
  readonly rows: readonly (readonly (string | number)[])[]
}

export function DataTable(props: DataTableProps): JSX.Element {
  return (
    <Show when={props.rows.length > 0} fallback={<p class="soft">{props.none}</p>}>
      <table class="data-table">
        <caption class="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            <For each={props.columns}>
              {(column) => (
                <th scope="col" data-number={column.isNumber === true}>
                  {column.label}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row) => (
              <tr>
                <For each={props.columns}>{(column, index) => <td data-number={column.isNumber === true}>{row[index()]}</td>}</For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </Show>
  )
}
