/** Hears the shortcuts that work on every screen. */
import { onCleanup, onMount } from 'solid-js'

export interface ShortcutActions {
  readonly palette: () => void
  readonly list: () => void
  readonly details: () => void
  readonly lock: () => void
  readonly devtools: () => void
  readonly readAll: () => void
  /** To the conversation `step` rows further; unread ones alone when `unread`. */
  readonly move: (step: 1 | -1, unread: boolean) => void
}

/** Needs an owner. While a dialog is open only those work that open another one. */
export function createShortcuts(actions: ShortcutActions): void {
  const onKeyDown = (event: KeyboardEvent): void => {
    const act = event.isComposing || event.defaultPrevented ? null : actionOf(event, actions)
    if (!act) return
    event.preventDefault()
    act()
  }
  onMount(() => {
    window.addEventListener('keydown', onKeyDown)
  })
  onCleanup(() => {
    window.removeEventListener('keydown', onKeyDown)
  })
}

/** By the place of a key, too: on a Ukrainian keyboard K gives л, and the slash a full stop. */
function actionOf(event: KeyboardEvent, { palette, list, details, lock, devtools, readAll, move }: ShortcutActions): (() => void) | null {
  const { key, code, altKey, shiftKey } = event
  const control = (event.ctrlKey || event.metaKey) && !altKey
  if (control && !shiftKey && (code === 'KeyK' || key === 'k')) return palette
  if (control && shiftKey && (code === 'KeyL' || key === 'L')) return lock
  if (control && shiftKey && (code === 'KeyD' || key === 'D')) return devtools
  if (control && (code === 'Slash' || key === '/')) return list
  if (document.querySelector('dialog[open]')) return null
  if (key === 'Escape' && shiftKey && !control && !altKey) return readAll
  if (control && !shiftKey && (code === 'Period' || key === '.')) return details
  if (altKey && !event.ctrlKey && !event.metaKey && (key === 'ArrowUp' || key === 'ArrowDown'))
    return () => {
      move(key === 'ArrowUp' ? -1 : 1, shiftKey)
    }
  if (key === 'F6' && !control && !altKey)
    return () => {
      cycleRegions(shiftKey ? -1 : 1)
    }
  return null
}

/** Moves the focus to the next part of the screen: each is marked `data-region`. */
export function cycleRegions(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter((region) => region.checkVisibility())
  if (regions.length === 0) return
  const at = regions.findLastIndex((region) => region.contains(document.activeElement))
  const next = at < 0 ? (step > 0 ? 0 : regions.length - 1) : (at + step + regions.length) % regions.length
  const region = regions[next]
  const inside = ['[aria-current="page"]', 'textarea:enabled', 'a[href], button:enabled, input:enabled, select:enabled, [tabindex="0"]']
  const target = region?.tabIndex === 0 ? region : inside.map((selector) => region?.querySelector<HTMLElement>(selector)).find(Boolean)
  target?.focus()
}
