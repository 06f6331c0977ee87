/** A field over a list of things to go to or do; the keyboard stays in the field. */
import type { JSX } from 'solid-js'
import { For, Show, createEffect, createMemo, createSignal, createUniqueId, on, onCleanup, onMount } from 'solid-js'

export interface PaletteItem {
  readonly id: string
  readonly label: string
  /** Beside the label: what kind of thing it is, or its shortcut. */
  readonly detail?: string
  readonly icon?: () => JSX.Element
}

export interface PaletteProps {
  /** Name of the dialog and of its field. */
  readonly title: string
  readonly placeholder: string
  readonly none: string
  /** The answer to what was typed, best first. */
  readonly find: (query: string) => readonly PaletteItem[]
  /** Said politely as the list changes. */
  readonly countText: (count: number) => string
  readonly onChoose: (id: string) => void
  readonly onClose: () => void
}

/** Open for as long as it is in the tree. Arrows, Home and End choose, Enter takes, Escape and a press beside it close. */
export function Palette(props: PaletteProps): JSX.Element {
  const listId = createUniqueId()
  const [query, setQuery] = createSignal('')
  const [at, setAt] = createSignal(0)
  const items = createMemo(() => props.find(query()))
  createEffect(on(query, () => setAt(0)))
  let dialog: HTMLDialogElement | undefined
  onMount(() => dialog?.showModal())
  onCleanup(() => dialog?.close())
  const optionId = (index: number): string => `${listId}-${index}`
  const choose = (index: number): void => {
    const item = items()[index]
    if (item) props.onChoose(item.id)
  }
  const go = (index: number): void => {
    if (items().length === 0) return
    setAt((index + items().length) % items().length)
    document.getElementById(optionId(at()))?.scrollIntoView({ block: 'nearest' })
  }
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => {
      go(at() + 1)
    },
    ArrowUp: () => {
      go(at() - 1)
    },
    Home: () => {
      go(0)
    },
    End: () => {
      go(items().length - 1)
    },
    Enter: () => {
      choose(at())
    },
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const act = event.isComposing || event.altKey || event.ctrlKey || event.metaKey ? undefined : keys[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }
  return (
    <dialog
      ref={(element) => {
        dialog = element
      }}
      class="dialog palette"
      aria-label={props.title}
      on:cancel={(event: Event) => {
        event.preventDefault()
        props.onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog) props.onClose()
      }}
    >
      <input
        class="palette-field"
        type="text"
        role="combobox"
        aria-label={props.title}
        aria-expanded="true"
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={items().length > 0 ? optionId(at()) : undefined}
        autocomplete="off"
        autofocus
        placeholder={props.placeholder}
        value={query()}
        onInput={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div class="palette-list" role="listbox" id={listId} aria-label={props.title} tabIndex={-1}>
        <For each={items()}>
          {(item, index) => (
            <div
              class="palette-item"
              role="option"
              id={optionId(index())}
              aria-selected={index() === at()}
              onPointerMove={() => setAt(index())}
              onClick={() => {
                choose(index())
              }}
            >
              <Show when={item.icon}>{(icon) => <span class="palette-icon">{icon()()}</span>}</Show>
              <span class="palette-label">{item.label}</span>
              <Show when={item.detail}>
                <span class="palette-detail">{item.detail}</span>
              </Show>
            </div>
          )}
        </For>
      </div>
      <p class={items().length > 0 ? 'visually-hidden' : 'palette-none'} role="status">
        {items().length > 0 ? props.countText(items().length) : props.none}
      </p>
    </dialog>
  )
}
