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
  /** Rows came over what is in sight, and none elsewhere: the library then keeps the distance to the end. */
  readonly grewAbove: boolean
  /** Where the topmost message in sight was, where it is now, and how far its top was over the edge. */
  readonly anchor: { readonly before: number; readonly now: number; readonly overPx: number } | null
}

export interface MessageScroll {
  readonly ids: Accessor<readonly string[]>
  readonly grewAbove: Accessor<boolean>
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
      const anchor = handle && element ? anchorOf({ handle, element, before: before.ids, now: ids }) : null
      const grown = ids.length - before.ids.length
      return { ids, grewAbove: grown > 0 && anchor !== null && anchor.now - anchor.before === grown, anchor }
    },
    { ids: [], grewAbove: false, anchor: null },
  )
  const toEnd = (): void => {
    setAtEnd(true)
    // Whatever comes next and is not the end is the reader's own way up.
    offsetBefore = Number.POSITIVE_INFINITY
    const last = list().ids.length - 1
    if (last >= 0) handle?.scrollToIndex(last, { align: 'end', offset: endGapPx })
  }
  createEffect(
    on(list, ({ grewAbove, anchor }, before) => {
      if (!handle || before === undefined) return
      if (isAtEnd()) return toEnd()
      // The library learns only by an event that it has moved the element; the next change may come before the browser's own.
      if (grewAbove) queueMicrotask(() => element?.dispatchEvent(new Event('scroll')))
      // Rows came both above and below: the library cannot know how many of them where.
      if (anchor && !grewAbove && anchor.now > anchor.before) handle.scrollTo(handle.getItemOffset(anchor.now) + anchor.overPx)
    }),
  )
  return {
    ids: () => list().ids,
    grewAbove: () => list().grewAbove,
    isAtEnd,
    top,
    take: (given, its) => {
      handle = given
      element = its
    },
    onScroll: ({ scrollTop, scrollHeight, clientHeight }) => {
      // Growth alone takes nobody from the end: only going up does.
      if (scrollHeight - clientHeight - scrollTop <= nearEndPx) setAtEnd(true)
      else if (scrollTop < offsetBefore && isAtEnd()) {
        setAtEnd(false)
        // Ends a way to the end that the library may still be on.
        handle?.scrollTo(scrollTop)
      }
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

interface Sight {
  readonly handle: VirtualizerHandle
  readonly element: HTMLElement
  readonly before: readonly string[]
  readonly now: readonly string[]
}

/** By the element's own offset: the library's is behind while it moves the element itself. Null where the message is gone. */
function anchorOf({ handle, element, before, now }: Sight): List['anchor'] {
  const index = handle.findItemIndex(element.scrollTop)
  const id = before[index]
  const found = id === undefined ? -1 : now.indexOf(id)
  return found < 0 ? null : { before: index, now: found, overPx: element.scrollTop - handle.getItemOffset(index) }
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}
