/** What a browser may lack without which nothing here works: looked for before anything else, so that a sentence is seen and no blank page. */

/** `insecure`: no HTTPS, so the browser offers no cryptography · `store-unavailable`: it keeps nothing for this site · `old-browser`: a function is missing. */
export type Lack = 'insecure' | 'store-unavailable' | 'old-browser'

/** Null when all is there. */
export function lackOf(scope: typeof globalThis): Lack | null {
  if (!scope.isSecureContext) return 'insecure'
  try {
    // Where a site may keep nothing, the mere question throws.
    if (!(scope.localStorage as Storage | undefined) || !(scope.sessionStorage as Storage | undefined)) return 'store-unavailable'
    if (!(scope.indexedDB as IDBFactory | undefined)) return 'store-unavailable'
  } catch {
    return 'store-unavailable'
  }
  const parts: readonly unknown[] = [scope.navigator.locks, scope.BroadcastChannel, scope.ResizeObserver, [].toSorted]
  return parts.every((part) => part !== undefined) ? null : 'old-browser'
}
