/** Takes a secret out of the address bar before anything else can see it, and keeps it for as long as the way in lasts. */
import type { Entry } from './paths.ts'
import { parseEntry } from './paths.ts'

const storageKey = 'poruch/entry'

/** What this page was opened with, or what it was opened with before a reload. The address no longer shows it. */
export function takeEntry(): Entry | null {
  const entry = parseEntry(location.href)
  if (entry === null) return parseEntry(sessionStorage.getItem(storageKey) ?? '')
  keepEntry(location.href)
  history.replaceState(null, '', location.pathname)
  return entry
}

/** Survives a reload of this tab, and no more than that. */
export function keepEntry(link: string): void {
  sessionStorage.setItem(storageKey, link)
}

export function forgetEntry(): void {
  sessionStorage.removeItem(storageKey)
}
