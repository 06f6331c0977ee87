/** The page's entry: renders the app and, once that is done, installs the service worker. */
import { createSignal } from 'solid-js'
import { render } from 'solid-js/web'
import { App } from './App.tsx'
import type { Device } from './device.ts'
import { loadLanguage, startLanguage } from './i18n.ts'
import { installWorker } from './install-worker.ts'
import { preloadParts } from './parts.tsx'
import './app.css'

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')
const [onUpdate, setOnUpdate] = createSignal<(() => void) | null>(null)
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
  render(() => <App boot={boot} onUpdate={onUpdate()} />, root)
  if (import.meta.env.PROD) void installWorker((update) => setOnUpdate(() => update))
} catch (thrown) {
  // No language to say it in: in all of them.
  root.textContent = 'Poruch could not be loaded. Reload the page. — Не вдалося завантажити Поруч. Перезавантажте сторінку.'
  throw thrown
}
