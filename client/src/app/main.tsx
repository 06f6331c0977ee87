/** The page's entry: renders the app and, once that is done, installs the service worker. */
import { systemClock } from '@poruch/base'
import { render } from 'solid-js/web'
import { App } from './App.tsx'
import type { Device } from './device.ts'
import { Failure } from './Failure.tsx'
import { lackOf } from './browser-needs.ts'
import type { Lack } from './browser-needs.ts'
import { I18nContext, createAppI18n, firstLanguage, loadLanguage, startLanguage } from './i18n.ts'
import type { Language } from './i18n.ts'
import { keepInstallOffer } from './install-offer.ts'
import { preloadParts } from './parts.tsx'
import { followVersions } from './versions.ts'
import './app.css'

/** Safari has no such callback as `whenIdle` asks for; after that long its first screen is there. */
const idleGuessMs = 2000

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')
const lack = lackOf(globalThis)
if (lack === null) await start(root)
else await explain(root, lack)

async function start(element: HTMLElement): Promise<void> {
  keepInstallOffer()
  // A chunk of its own: the shell is on the screen while the device below it is still loading.
  const loading = import('./boot.ts')
  const boot = async (): Promise<Device> => {
    const device = await (await loading).boot()
    whenIdle(preloadParts)
    whenIdle(showTooltips)
    return device
  }
  await withLanguage(element, startLanguage(), () => {
    const versions = import.meta.env.PROD ? followVersions(systemClock) : null
    render(() => <App boot={boot} versions={versions} />, element)
  })
}

/** Pictures without words are named when one stays on them: not before the first screen is there. */
async function showTooltips(): Promise<void> {
  const { attachTooltips } = await import('@poruch/ui/tooltips')
  attachTooltips(document)
}

/** Nothing is remembered here, not even a language. */
async function explain(element: HTMLElement, code: Lack): Promise<void> {
  const language = firstLanguage(null, navigator.languages)
  await withLanguage(element, language, () => {
    document.documentElement.lang = language
    render(
      () => (
        <I18nContext.Provider value={createAppI18n(language)}>
          <Failure code={code} />
        </I18nContext.Provider>
      ),
      element,
    )
  })
}

async function withLanguage(element: HTMLElement, language: Language, show: () => void): Promise<void> {
  try {
    await loadLanguage(language)
    show()
  } catch (thrown) {
    // No language to say it in: in all of them.
    element.textContent = 'Poruch could not be loaded. Reload the page. — Не вдалося завантажити Поруч. Перезавантажте сторінку.'
    throw thrown
  }
}

/** Nothing that somebody waits for comes later for it. */
function whenIdle(work: () => Promise<void>): void {
  if ('requestIdleCallback' in window) requestIdleCallback(() => void work())
  else setTimeout(() => void work(), idleGuessMs)
}
