/** Keeps the app's shell on this device, and asks before a new version takes its place. */

/** Calls `onUpdate` with a function that reloads into the version that waits. */
export async function installWorker(onUpdate: (update: () => void) => void): Promise<void> {
  // Loaded late: nothing on the first screen waits for it.
  const { registerSW } = await import('virtual:pwa-register')
  const update = registerSW({
    onNeedRefresh: () => {
      onUpdate(() => void update(true))
    },
  })
}
