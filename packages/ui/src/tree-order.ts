/** Which rows a tree shows, and where a key leads. */

export interface TreeNode {
  readonly id: string
  readonly label: string
  readonly children?: readonly TreeNode[]
}

export interface VisibleNode {
  readonly id: string
  readonly label: string
  /** From 1. */
  readonly level: number
  /** Among its siblings, from 1. */
  readonly place: number
  readonly siblings: number
  readonly parent: string | null
  readonly hasChildren: boolean
  readonly isOpen: boolean
}

/** From top to bottom; children of closed nodes are not there. */
export function visibleNodes(nodes: readonly TreeNode[], opened: ReadonlySet<string>, above: VisibleNode | null = null): VisibleNode[] {
  return nodes.flatMap(({ id, label, children = [] }, index) => {
    const isOpen = children.length > 0 && opened.has(id)
    const hasChildren = children.length > 0
    const level = (above?.level ?? 0) + 1
    const node = { id, label, level, place: index + 1, siblings: nodes.length, parent: above?.id ?? null, hasChildren, isOpen }
    return [node, ...(isOpen ? visibleNodes(children, opened, node) : [])]
  })
}

export type TreeStep =
  | { readonly kind: 'go'; readonly id: string }
  | { readonly kind: 'toggle'; readonly isOpen: boolean }
  | { readonly kind: 'choose' }

/** What a key does on a row; null when it is none of the tree's keys, or leads nowhere. */
export function stepInTree(key: string, row: VisibleNode, rows: readonly VisibleNode[]): TreeStep | null {
  const at = rows.findIndex(({ id }) => id === row.id)
  const go = (target: VisibleNode | undefined): TreeStep | null => (target ? { kind: 'go', id: target.id } : null)
  switch (key) {
    case 'ArrowDown':
      return go(rows[at + 1])
    case 'ArrowUp':
      return go(rows[at - 1])
    case 'Home':
      return go(rows[0])
    case 'End':
      return go(rows.at(-1))
    case 'ArrowRight':
      if (!row.hasChildren) return null
      return row.isOpen ? go(rows[at + 1]) : { kind: 'toggle', isOpen: true }
    case 'ArrowLeft':
      return row.isOpen ? { kind: 'toggle', isOpen: false } : go(rows.find(({ id }) => id === row.parent))
    case 'Enter':
    case ' ':
      return { kind: 'choose' }
    default:
      return null
  }
}
