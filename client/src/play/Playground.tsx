/** Each state of each component, under any theme, language, density, width and motion. */
import { Checkbox, SelectField } from '@poruch/ui'
import type { Story } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { For, Show, createEffect, createSignal } from 'solid-js'
import { I18nContext, createAppI18n, languages } from '../app/i18n.ts'
import { PreferencesContext, createPreferences, densities, themes } from '../app/preferences.ts'
import { StoryStates } from './StoryStates.tsx'

/** In CSS pixels: the narrowest that the app must fit, a phone, a pane, and whatever the window gives. */
const widths = { '320': '320px', '390': '390px', '760': '760px', full: '100%' } as const

export function Playground(props: { readonly stories: readonly Story[] }): JSX.Element {
  const i18n = createAppI18n()
  const preferences = createPreferences()
  const [width, setWidth] = createSignal<keyof typeof widths>('full')
  const [moves, setMoves] = createSignal(true)
  const [chosen, setChosen] = createSignal<string | null>(null)
  createEffect(() => {
    document.documentElement.lang = i18n.language()
    document.documentElement.dataset['motion'] = moves() ? 'full' : 'none'
  })
  const shown = (): readonly Story[] => props.stories.filter(({ title }) => (chosen() ?? title) === title)
  return (
    <PreferencesContext.Provider value={preferences}>
      <I18nContext.Provider value={i18n}>
        <div class="play">
          <aside class="play-switches" aria-label="Switches">
            <Choice
              label="Component"
              value={chosen() ?? ''}
              options={['', ...props.stories.map(({ title }) => title)]}
              onInput={(title) => setChosen(title || null)}
            />
            <Choice label="Theme" value={preferences.theme()} options={themes} onInput={preferences.setTheme} />
            <Choice label="Density" value={preferences.density()} options={densities} onInput={preferences.setDensity} />
            <Choice label="Language" value={i18n.language()} options={languages} onInput={i18n.setLanguage} />
            <Choice label="Width" value={width()} options={Object.keys(widths) as (keyof typeof widths)[]} onInput={setWidth} />
            <Checkbox label="Motion" checked={moves()} onInput={setMoves} />
          </aside>
          <main class="play-stage" style={{ width: widths[width()] }}>
            <For each={shown()}>{(story) => <StoryStates story={story} />}</For>
            <Show when={props.stories.length === 0}>
              <p>There is no story.</p>
            </Show>
          </main>
        </div>
      </I18nContext.Provider>
    </PreferencesContext.Provider>
  )
}

interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly Value[]
  readonly onInput: (value: Value) => void
}

function Choice<Value extends string>(props: ChoiceProps<Value>): JSX.Element {
  return (
    <SelectField
      label={props.label}
      value={props.value}
      options={props.options.map((value) => ({ value, label: value || 'all' }))}
      onInput={(value) => {
        const option = props.options.find((one) => one === value)
        if (option !== undefined) props.onInput(option)
      }}
    />
  )
}
