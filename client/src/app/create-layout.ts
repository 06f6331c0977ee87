/** How the panes stand on this device: their widths, and whether the details are open. Remembered. */
import type { Accessor } from 'solid-js'
import { createEffect, createSignal } from 'solid-js'

export interface Layout {
  /** In CSS pixels. */
  readonly sidebar: Accessor<number>
  readonly details: Accessor<number>
  readonly hasDetails: Accessor<boolean>
  setSidebar(width: number): void
  setDetails(width: number): void
  toggleDetails(): void
  /** On a phone, where details cover the conversation, another conversation is seen first. */
  uncover(): void
}

/** In CSS pixels; a name is read at the least, a line of messages stays readable at the most. */
export const paneWidths = { sidebar: { min: 200, max: 400, start: 264 }, details: { min: 240, max: 480, start: 300 } } as const

const layoutKey = 'poruch/layout'

interface Kept {
  readonly sidebar: number
  readonly details: number
  readonly hasDetails: boolean
}

/** Needs an owner. */
export function createLayout(isPhone: Accessor<boolean>): Layout {
  const [isCovered, setCovered] = createSignal(false)
  const [kept, setKept] = createSignal(read(localStorage.getItem(layoutKey)))
  createEffect(() => {
    localStorage.setItem(layoutKey, JSON.stringify(kept()))
  })
  const change = (part: Partial<Kept>): void => void setKept((before) => ({ ...before, ...part }))
  return {
    sidebar: () => kept().sidebar,
    details: () => kept().details,
    hasDetails: () => (isPhone() ? isCovered() : kept().hasDetails),
    setSidebar: (sidebar) => change({ sidebar }),
    setDetails: (details) => change({ details }),
    toggleDetails: () => {
      if (isPhone()) setCovered(!isCovered())
      else change({ hasDetails: !kept().hasDetails })
    },
    uncover: () => setCovered(false),
  }
}

/** What is missing, broken or out of bounds starts anew. */
function read(text: string | null): Kept {
  const values = parse(text)
  const width = (name: 'sidebar' | 'details'): number => {
    const { min, max, start } = paneWidths[name]
    const value = values[name]
    return typeof value === 'number' && value >= min && value <= max ? value : start
  }
  return { sidebar: width('sidebar'), details: width('details'), hasDetails: values['hasDetails'] === true }
}

function parse(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
