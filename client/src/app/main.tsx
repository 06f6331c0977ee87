/** The page's entry: renders the app and, once that is done, installs the service worker. */
import { systemClock } from '@poruch/base'
import { render } from 'solid-js/web'
import { App } from './App.tsx'
import type { Device } from './device.ts'
import { loadLanguage, startLanguage } from './i18n.ts'
import { keepInstallOffer } from './install-offer.ts'
import { preloadParts } from './parts.tsx'
import { followVersions } from './versions.ts'
import './app.css'

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')
keepInstallOffer()
// A chunk of its own: the shell is on the screen while the device below it is still loading.
const loading = import('./boot.ts')
const boot = async (): Promise<Device> => {
  const device = await (await loading).boot()
  whenIdle(preloadParts)
  return device
}

/** Safari has no such callback; after that long its first screen is there. */
const idleGuessMs = 2000

/** Nothing that somebody waits for comes later for it. */
function whenIdle(work: () => Promise<void>): void {
  if ('requestIdleCallback' in window) requestIdleCallback(() => void work())
  else setTimeout(() => void work(), idleGuessMs)
}

try {
  await loadLanguage(startLanguage())
  const versions = import.meta.env.PROD ? followVersions(systemClock) : null
  render(() => <App boot={boot} versions={versions} />, root)
} catch (thrown) {
  // No language to say it in: in all of them.
  root.textContent = 'Poruch could not be loaded. Reload the page. — Не вдалося завантажити Поруч. Перезавантажте сторінку.'
  throw thrown
}
