/** Where the reader is in a long list: at its end for as long as they are there, else at the message they look at. */
import type { Accessor } from 'solid-js'
import { createEffect, createMemo, createSignal, on } from 'solid-js'
import type { VirtualizerHandle } from 'virtua/solid'

/** Space under the newest message, and how far from the end still counts as the end: less than one line. */
const endGapPx = 8
const nearEndPx = 24
/** Space over the oldest message, and what stays in sight over a message that is jumped to. */
export const startMarginPx = 16
const lookBackPx = 64

interface List {
  readonly ids: readonly string[]
  /** Rows came at the start alone: the library then keeps the distance to the end. */
  readonly grewAtStart: boolean
  /** The topmost message in sight before the change, and how far its top was over the edge. */
  readonly anchor: { readonly id: string; readonly index: number; readonly overPx: number } | null
}

export interface MessageScroll {
  readonly ids: Accessor<readonly string[]>
  readonly grewAtStart: Accessor<boolean>
  readonly isAtEnd: Accessor<boolean>
  /** The index of the topmost row in sight. */
  readonly top: Accessor<number>
  take(handle: VirtualizerHandle | undefined, element: HTMLElement): void
  /** For each scroll event of the element that scrolls. */
  onScroll(element: HTMLElement): void
  onResize(): void
  toEnd(): void
  toRow(index: number): void
}

export function createMessageScroll(idsNow: Accessor<readonly string[]>): MessageScroll {
  const [isAtEnd, setAtEnd] = createSignal(true)
  const [top, setTop] = createSignal(0)
  let handle: VirtualizerHandle | undefined
  let element: HTMLElement | undefined
  let offsetBefore = 0
  const list = createMemo<List>(
    (before) => {
      const ids = idsNow()
      if (areEqual(before.ids, ids)) return before
      return { ids, grewAtStart: isPrepended(before.ids, ids), anchor: anchorOf(handle, element, before.ids) }
    },
    { ids: [], grewAtStart: false, anchor: null },
  )
  const toEnd = (): void => {
    setAtEnd(true)
    // Whatever comes next and is not the end is the reader's own way up.
    offsetBefore = Number.POSITIVE_INFINITY
    const last = list().ids.length - 1
    if (last >= 0) handle?.scrollToIndex(last, { align: 'end', offset: endGapPx })
  }
  createEffect(
    on(list, ({ ids, grewAtStart, anchor }, before) => {
      if (!handle || before === undefined) return
      if (isAtEnd()) return toEnd()
      const index = anchor === null || grewAtStart ? -1 : ids.indexOf(anchor.id, anchor.index)
      // Something came between: what is looked at stays where it is.
      if (anchor && index > anchor.index) handle.scrollTo(handle.getItemOffset(index) + anchor.overPx)
    }),
  )
  return {
    ids: () => list().ids,
    grewAtStart: () => list().grewAtStart,
    isAtEnd,
    top,
    take: (given, its) => {
      handle = given
      element = its
    },
    onScroll: ({ scrollTop, scrollHeight, clientHeight }) => {
      // Growth alone takes nobody from the end: only going up does.
      if (scrollHeight - clientHeight - scrollTop <= nearEndPx) setAtEnd(true)
      else if (scrollTop < offsetBefore) setAtEnd(false)
      offsetBefore = scrollTop
      if (handle) setTop(handle.findItemIndex(scrollTop))
    },
    onResize: () => {
      if (isAtEnd()) toEnd()
    },
    toEnd,
    toRow: (index) => {
      setAtEnd(false)
      handle?.scrollToIndex(index, { align: 'start', offset: -lookBackPx })
    },
  }
}

/** By the element's own offset: the library's is behind while it moves the element itself. */
function anchorOf(handle: VirtualizerHandle | undefined, element: HTMLElement | undefined, ids: readonly string[]): List['anchor'] {
  if (!handle || !element) return null
  const index = handle.findItemIndex(element.scrollTop)
  const id = ids[index]
  return id === undefined ? null : { id, index, overPx: element.scrollTop - handle.getItemOffset(index) }
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}

function isPrepended(before: readonly string[], after: readonly string[]): boolean {
  const grown = after.length - before.length
  return before.length > 0 && grown > 0 && after.at(-1) === before.at(-1) && after[grown] === before[0]
}
