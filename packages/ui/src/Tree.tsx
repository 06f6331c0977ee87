/** Things within things, opened and closed, as folders are. */
import ChevronRight from 'lucide-solid/icons/chevron-right'
import type { JSX } from 'solid-js'
import { For, Show, createMemo, createSignal } from 'solid-js'
import type { TreeNode, VisibleNode } from './tree-order.ts'
import { stepInTree, visibleNodes } from './tree-order.ts'

export interface TreeProps {
  readonly label: string
  readonly nodes: readonly TreeNode[]
  readonly selected: string | null
  readonly onSelect: (id: string) => void
}

/**
 * One stop of the Tab key. Up and down move, right opens or goes in, left closes or goes out, Home and End go to the ends, Enter and
 * Space choose (WAI-ARIA, tree view pattern).
 */
export function Tree(props: TreeProps): JSX.Element {
  const [opened, setOpened] = createSignal<ReadonlySet<string>>(new Set())
  const [focused, setFocused] = createSignal<string | null>(null)
  const rows = createMemo(() => visibleNodes(props.nodes, opened()))
  const byId = createMemo(() => new Map(rows().map((row) => [row.id, row])))
  // By id, so that a row which stays keeps its element, and with it the focus.
  const ids = createMemo(() => rows().map(({ id }) => id))
  const tabStop = createMemo(() => focused() ?? props.selected ?? rows()[0]?.id ?? null)
  const elements = new Map<string, HTMLElement>()
  const toggle = (id: string, isOpen: boolean): void => {
    setOpened((before) => new Set(isOpen ? [...before, id] : [...before].filter((one) => one !== id)))
  }
  const onKeyDown = (event: KeyboardEvent, row: VisibleNode): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const step = stepInTree(event.key, row, rows())
    if (!step) return
    event.preventDefault()
    if (step.kind === 'choose') props.onSelect(row.id)
    else if (step.kind === 'toggle') toggle(row.id, step.isOpen)
    else elements.get(step.id)?.focus()
  }
  const rowOf = (id: string): JSX.Element => (
    <Show when={byId().get(id)}>
      {(row) => (
        <div
          ref={(element) => elements.set(id, element)}
          class="tree-row"
          role="treeitem"
          aria-level={row().level}
          aria-posinset={row().place}
          aria-setsize={row().siblings}
          aria-expanded={row().hasChildren ? row().isOpen : undefined}
          aria-selected={id === props.selected}
          tabIndex={id === tabStop() ? 0 : -1}
          style={{ '--tree-level': row().level }}
          onFocus={() => setFocused(id)}
          onKeyDown={(event) => {
            onKeyDown(event, row())
          }}
          onClick={() => {
            if (row().hasChildren) toggle(id, !row().isOpen)
            props.onSelect(id)
          }}
        >
          <span class="tree-sign" data-open={row().isOpen ? '' : undefined}>
            <Show when={row().hasChildren}>
              <ChevronRight size={14} aria-hidden="true" />
            </Show>
          </span>
          {row().label}
        </div>
      )}
    </Show>
  )
  return (
    <div class="tree" role="tree" aria-label={props.label}>
      <For each={ids()}>{rowOf}</For>
    </div>
  )
}
