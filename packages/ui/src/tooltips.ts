/** The name of each button that shows a picture alone, under the pointer and with the focus: one tooltip for the whole page. */

/** Half a second: tooltips that follow a pointer on its way elsewhere are noise. */
const openDelayMs = 500
/** For the way of a pointer from the button onto the tooltip. */
const closeDelayMs = 150
const gapPx = 4
const selector = '.icon-button[aria-label]'

interface Shown {
  readonly target: Element
  readonly element: HTMLElement
}

/**
 * Shows tooltips from now on; answers how to end it. As WCAG 1.4.13 asks: one may move the pointer onto it, it stays until one leaves, and
 * Escape takes it away. Screen readers have the button's own name.
 */
export function attachTooltips(page: Document): () => void {
  let shown: Shown | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  const hide = (): void => {
    clearTimeout(timer)
    shown?.element.remove()
    shown = null
  }
  const open = (target: Element): void => {
    if (shown?.target === target || !target.isConnected) return
    hide()
    shown = { target, element: showOver(target) }
  }
  const later = (delayMs: number, work: () => void): void => {
    clearTimeout(timer)
    timer = setTimeout(work, delayMs)
  }
  const isOn = (node: EventTarget | null): boolean => node instanceof Node && shown !== null && shown.element.contains(node)
  const listeners: Readonly<Record<string, (event: Event) => void>> = {
    pointerover: (event) => {
      if ((event as PointerEvent).pointerType === 'touch') return
      const target = buttonAt(event.target)
      if (target && target !== shown?.target) later(openDelayMs, () => open(target))
      else if (target || isOn(event.target)) clearTimeout(timer)
      else if (shown?.target !== page.activeElement) later(closeDelayMs, hide)
      else clearTimeout(timer)
    },
    focusin: (event) => {
      const target = buttonAt(event.target)
      if (target?.matches(':focus-visible')) open(target)
    },
    focusout: hide,
    pointerdown: hide,
    scroll: hide,
    keydown: (event) => {
      if ((event as KeyboardEvent).key === 'Escape') hide()
    },
  }
  for (const [name, listener] of Object.entries(listeners)) page.addEventListener(name, listener, { capture: true, passive: true })
  return () => {
    hide()
    for (const [name, listener] of Object.entries(listeners)) page.removeEventListener(name, listener, { capture: true })
  }
}

function buttonAt(node: EventTarget | null): Element | null {
  return node instanceof Element ? node.closest(selector) : null
}

/** Below the button, or above it where there is no room; in the button's dialog, where it is not inert, or its landmark, where it belongs. */
function showOver(target: Element): HTMLElement {
  const element = target.ownerDocument.createElement('div')
  element.className = 'floating tooltip'
  element.role = 'tooltip'
  element.popover = 'manual'
  element.append(target.getAttribute('aria-label') ?? '')
  const keys = target.getAttribute('data-keys')
  if (keys !== null) {
    const detail = target.ownerDocument.createElement('span')
    detail.className = 'menu-detail'
    detail.append(keys)
    element.append(detail)
  }
  ;(target.closest('dialog, main, nav, aside') ?? target.ownerDocument.body).append(element)
  element.showPopover()
  const [button, tip] = [target.getBoundingClientRect(), element.getBoundingClientRect()]
  const { innerWidth, innerHeight } = window
  const below = button.bottom + gapPx
  const left = Math.max(gapPx, Math.min(innerWidth - tip.width - gapPx, button.left + (button.width - tip.width) / 2))
  const top = below + tip.height > innerHeight ? button.top - gapPx - tip.height : below
  element.style.translate = `${Math.round(left)}px ${Math.round(top)}px`
  return element
}
