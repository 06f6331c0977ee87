/** A text that another app shares with this one: taken out of the address before anything else can see it, kept until it has a place. */
import { makeCell } from '@poruch/base'
import type { View } from '@poruch/base'

/** As the manifest names them. */
const parts = ['title', 'text', 'url'] as const

const pending = makeCell<string | null>(null)

/** What waits for its conversation; a reload forgets it. */
export const pendingShare: View<string | null> = pending

/** The address no longer shows what this page was opened with. */
export function takeShare(): void {
  const query = new URLSearchParams(location.search)
  if (!parts.some((part) => query.has(part))) return
  history.replaceState(null, '', `${location.pathname}${location.hash}`)
  const said = new Set(parts.map((part) => query.get(part)?.trim() ?? '').filter((text) => text !== ''))
  // Many apps repeat the address in the text.
  const texts = [...said].filter((one) => ![...said].some((other) => other !== one && other.includes(one)))
  if (texts.length > 0) pending.set(texts.join('\n'))
}

export function forgetShare(): void {
  pending.set(null)
}
