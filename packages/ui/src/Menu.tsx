/** A button that opens a list of actions. */
import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import type { JSX } from 'solid-js'
import { For, Show } from 'solid-js'

export interface MenuItem {
  readonly id: string
  readonly label: string
  readonly icon?: () => JSX.Element
  /** Beside the label: its shortcut. */
  readonly detail?: string
  /** For what cannot be undone. */
  readonly isDanger?: boolean
  readonly isDisabled?: boolean
  /** Drawn apart from the item before it. */
  readonly startsGroup?: boolean
}

export interface MenuProps {
  /** Name of the button and of the list. */
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly onChoose: (id: string) => void
  /** What the button shows; without it the label. */
  readonly children?: JSX.Element
}

/** Enter, Space and arrows open it; arrows, Home, End and first letters move; Escape closes and gives the focus back. */
export function Menu(props: MenuProps): JSX.Element {
  return (
    // Not modal: a modal menu hides all the rest from assistive technology while it is open.
    <DropdownMenu modal={false} gutter={4}>
      <DropdownMenu.Trigger class={props.children ? 'icon-button' : 'button'} data-kind="secondary" aria-label={props.label}>
        {props.children ?? props.label}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class="floating menu" aria-label={props.label}>
          <For each={props.items}>
            {(item) => (
              <>
                <Show when={item.startsGroup}>
                  <DropdownMenu.Separator class="menu-line" />
                </Show>
                <DropdownMenu.Item
                  class="menu-item"
                  data-danger={item.isDanger ? '' : undefined}
                  disabled={item.isDisabled ?? false}
                  textValue={item.label}
                  onSelect={() => {
                    props.onChoose(item.id)
                  }}
                >
                  <Show when={item.icon}>{(icon) => <span class="menu-icon">{icon()()}</span>}</Show>
                  <span class="menu-label">{item.label}</span>
                  <Show when={item.detail}>
                    <span class="menu-detail">{item.detail}</span>
                  </Show>
                </DropdownMenu.Item>
              </>
            )}
          </For>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  )
}
