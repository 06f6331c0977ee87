/** The number on the app's icon, where the browser shows one. */

/** No number where it is zero. What a browser refuses is nobody's fault, and nothing depends on it. */
export async function showBadge(unread: number): Promise<void> {
  if (!('setAppBadge' in navigator)) return
  try {
    await (unread > 0 ? navigator.setAppBadge(unread) : navigator.clearAppBadge())
  } catch {
    // Not installed, or not allowed.
  }
}
