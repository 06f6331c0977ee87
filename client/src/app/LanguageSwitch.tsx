/** Chooses the language, without a reload. */
import type { JSX } from 'solid-js'
import { For } from 'solid-js'
import { languages, useI18n } from './i18n.ts'

export function LanguageSwitch(): JSX.Element {
  const i18n = useI18n()
  return (
    <div class="language-switch" role="group" aria-label={i18n.t('language.label')}>
      <For each={languages}>
        {(language) => (
          <button type="button" lang={language} aria-pressed={i18n.language() === language} onClick={() => i18n.setLanguage(language)}>
            {i18n.t(`language.${language}`)}
          </button>
        )}
      </For>
    </div>
  )
}
