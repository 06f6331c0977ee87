/** Every state of every component: nothing for axe to find, in any theme; and the keyboard's way through the kit's layers. */
import axe from 'axe-core'
import { render } from 'solid-js/web'
import { afterEach, describe, expect, test } from 'vitest'
import { I18nContext, createAppI18n } from '../app/i18n.ts'
import '../testing/all-languages.ts'
import { PreferencesContext, createPreferences, themes } from '../app/preferences.ts'
import '../app/app.css'
import { StoryStates } from './StoryStates.tsx'
import { kitComponents, stories } from './stories.ts'

let dispose = (): void => undefined
afterEach(() => {
  dispose()
  document.body.replaceChildren()
  delete document.documentElement.dataset['theme']
})

test('[CL60] each component of the kit has a story', () => {
  expect(kitComponents.length).toBeGreaterThan(0)
  expect(stories.map(({ title }) => title)).toEqual(expect.arrayContaining([...kitComponents]))
})

describe.for(themes)('in the theme %s', (theme) => {
  test.for(stories)('[CL60] axe finds nothing on $title', async (story) => {
    document.documentElement.lang = 'en'
    const root = document.createElement('main')
    document.body.append(root)
    dispose = render(() => {
      const preferences = createPreferences()
      preferences.setTheme(theme)
      return (
        <PreferencesContext.Provider value={preferences}>
          <I18nContext.Provider value={createAppI18n('en')}>
            <h1>{story.title}</h1>
            <StoryStates story={story} />
          </I18nContext.Provider>
        </PreferencesContext.Provider>
      )
    }, root)
    const { violations } = await axe.run(document.body)
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
  })
})
