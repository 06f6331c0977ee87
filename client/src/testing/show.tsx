/** Puts a screen into the page, in one language, until the test ends. */
import type { JSX } from 'solid-js'
import { render } from 'solid-js/web'
import { onTestFinished } from 'vitest'
import type { Language } from '../app/i18n.ts'
import { I18nContext, createAppI18n } from '../app/i18n.ts'
import { LockContext } from '../app/lock-context.ts'
import type { Lock } from '../app/lock-context.ts'
import { PreferencesContext, createPreferences } from '../app/preferences.ts'
import { makeOpenDevice, makePlainDevice } from './people.ts'
import './all-languages.ts'
import '../app/app.css'

export interface ShowOptions {
  readonly language?: Language
  readonly lock?: Lock
}

export function show(
  code: () => JSX.Element,
  { language = 'en', lock = makeOpenDevice(makePlainDevice({ name: 'member' })) }: ShowOptions = {},
): void {
  // As in index.html: the shell fills the height of its root.
  const root = document.createElement('div')
  root.id = 'root'
  document.body.append(root)
  const dispose = render(() => {
    const i18n = createAppI18n(language)
    return (
      <PreferencesContext.Provider value={createPreferences()}>
        <I18nContext.Provider value={i18n}>
          <LockContext.Provider value={lock}>{code()}</LockContext.Provider>
        </I18nContext.Provider>
      </PreferencesContext.Provider>
    )
  }, root)
  onTestFinished(() => {
    dispose()
    root.remove()
  })
}
