/** Keeps the app's shell on this device, and says when a newer version waits, runs in another tab, or has taken parts of this one away. */
import { makeCell } from '@poruch/base'
import type { Clock, View } from '@poruch/base'

/**
 * `waiting`: a newer version is here and waits to be asked for · `elsewhere`: another tab has asked for it, this one goes on as it is ·
 * `missing`: a part of this version that comes late is no longer there.
 */
export type NewVersion = 'none' | 'waiting' | 'elsewhere' | 'missing'

export interface Versions {
  readonly state: View<NewVersion>
  /** Gives the version that waits its place. Nothing is loaded anew by that: who calls it does so, once all is kept. */
  activate(): Promise<void>
}

/** Browsers look by themselves at a navigation only, and a chat stays open for weeks. */
export const lookIntervalMs = 3_600_000
/** A worker takes its place within milliseconds; one that does not must not keep anybody from loading the page anew. */
export const activationMaxMs = 3_000

const path = '/service-worker.js'
const weight: Readonly<Record<NewVersion, number>> = { none: 0, waiting: 1, elsewhere: 2, missing: 3 }

/** Nothing but parts that are missing is noticed where the browser has no workers, as in a private window of some. */
export function followVersions(clock: Clock, workers: ServiceWorkerContainer | undefined = navigator.serviceWorker): Versions {
  const state = makeCell<NewVersion>('none')
  const raise = (next: NewVersion): void => {
    if (weight[next] > weight[state.read()]) state.set(next)
  }
  addEventListener('vite:preloadError', () => {
    raise('missing')
  })
  let registration: ServiceWorkerRegistration | null = null
  /** The worker of the version that this page was loaded with; null before the first is installed. */
  let own = workers?.controller ?? null
  let isAsked = false
  workers?.addEventListener('controllerchange', () => {
    if (own !== null && workers.controller !== own && !isAsked) raise('elsewhere')
    own = workers.controller
  })
  const start = async (container: ServiceWorkerContainer): Promise<void> => {
    const found = await container.register(path)
    registration = found
    own ??= found.active
    const look = (): void => {
      // Of the first version of all there is nothing to say.
      if (found.waiting && own !== null) raise('waiting')
    }
    look()
    found.addEventListener('updatefound', () => {
      found.installing?.addEventListener('statechange', look)
    })
    const lookAgain = (): void => {
      // Offline there is nothing new.
      found.update().catch(() => undefined)
      clock.after(lookIntervalMs, lookAgain)
    }
    clock.after(lookIntervalMs, lookAgain)
  }
  // A browser that forbids workers shows the app all the same, as long as there is a network.
  if (workers) start(workers).catch(() => undefined)
  return {
    state,
    activate: async () => {
      const waiting = registration?.waiting
      if (!waiting || !workers) return
      isAsked = true
      await new Promise<void>((resolve) => {
        const cancel = clock.after(activationMaxMs, resolve)
        workers.addEventListener(
          'controllerchange',
          () => {
            cancel()
            resolve()
          },
          { once: true },
        )
        waiting.postMessage({ type: 'SKIP_WAITING' })
      })
    },
  }
}
