/** The browser's offer to install the app: kept until it is a good moment, and made once. */
import { makeCell } from '@poruch/base'
import type { View } from '@poruch/base'
import { hasSent } from './storage.ts'

/** What Chromium's browsers send; no standard names it. */
interface BeforeInstallPromptEvent extends Event {
  prompt(): Promise<unknown>
}

export interface InstallOffer {
  /** Whether it may be made unasked: somebody has come back to where they have written, and has not refused before. */
  readonly isTimely: boolean
  /** Has the browser ask; it can be asked once. */
  install(): Promise<void>
  /** Not unasked again. The settings keep it. */
  refuse(): void
}

const refusedKey = 'poruch/install-refused'

const offer = makeCell<InstallOffer | null>(null)

/** Null where the browser has none, or the app is installed. */
export const installOffer: View<InstallOffer | null> = offer

/** To be called before the page is loaded: the event comes once. */
export function keepInstallOffer(): void {
  // Who writes the first message in this session has other things to do.
  const isBack = hasSent()
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    const isTimely = isBack && localStorage.getItem(refusedKey) === null
    offer.set(makeOffer(event as BeforeInstallPromptEvent, isTimely))
  })
  addEventListener('appinstalled', () => {
    offer.set(null)
  })
}

function makeOffer(event: BeforeInstallPromptEvent, isTimely: boolean): InstallOffer {
  return {
    isTimely,
    install: async () => {
      offer.set(null)
      await event.prompt()
    },
    refuse: () => {
      localStorage.setItem(refusedKey, 'yes')
      offer.set(makeOffer(event, false))
    },
  }
}
