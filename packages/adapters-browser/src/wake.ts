/** Tells when a new try is worth it at once: the network came back, or the person looks at the page again. */

/** Calls `wake` on `online`, and when the page becomes visible; the returned function stops it. Where there is no page, nothing is called. */
export function onWake(wake: () => void): () => void {
  const page = typeof document === 'undefined' ? null : document
  const view = typeof window === 'undefined' ? null : window
  const seen = (): void => {
    if (page?.visibilityState === 'visible') wake()
  }
  view?.addEventListener('online', wake)
  page?.addEventListener('visibilitychange', seen)
  return () => {
    view?.removeEventListener('online', wake)
    page?.removeEventListener('visibilitychange', seen)
  }
}
