/** Several panels in one place, one of them shown. */
import { Tabs as Base } from '@kobalte/core/tabs'
import type { JSX } from 'solid-js'
import { For } from 'solid-js'

export interface TabsProps {
  /** Name of the row of tabs. */
  readonly label: string
  readonly tabs: readonly { readonly id: string; readonly label: string; readonly content: () => JSX.Element }[]
  readonly value?: string | undefined
  readonly onChange?: (id: string) => void
}

/** Arrows, Home and End move along the row and show at once; Tab goes into the panel. */
export function Tabs(props: TabsProps): JSX.Element {
  return (
    <Base
      class="tabs"
      {...(props.value === undefined ? {} : { value: props.value })}
      {...(props.tabs[0] ? { defaultValue: props.tabs[0].id } : {})}
      onChange={(id) => props.onChange?.(id)}
    >
      <Base.List class="tabs-row" aria-label={props.label}>
        <For each={props.tabs}>
          {(tab) => (
            <Base.Trigger class="tab" value={tab.id}>
              {tab.label}
            </Base.Trigger>
          )}
        </For>
      </Base.List>
      <For each={props.tabs}>
        {(tab) => (
          <Base.Content class="tab-panel" value={tab.id} aria-label={tab.label}>
            {tab.content()}
          </Base.Content>
        )}
      </For>
    </Base>
  )
}
