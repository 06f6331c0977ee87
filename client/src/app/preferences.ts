/** How this device wants the app to look: theme and density, remembered here. */
import type { Accessor } from 'solid-js'
import { createContext, createEffect, createSignal, useContext } from 'solid-js'

export const themes = ['system', 'light', 'dark', 'contrast'] as const
export type Theme = (typeof themes)[number]
export const densities = ['normal', 'compact'] as const
export type Density = (typeof densities)[number]

export interface Preferences {
  readonly theme: Accessor<Theme>
  readonly density: Accessor<Density>
  setTheme(theme: Theme): void
  setDensity(density: Density): void
  /** Whether others are told when one types. */
  readonly tellsTyping: Accessor<boolean>
  setTellsTyping(tells: boolean): void
}

const themeKey = 'poruch/theme'
const densityKey = 'poruch/density'
const typingKey = 'poruch/tell-typing'

/** Writes the choice onto the page's root, where the tokens read it; needs an owner. */
export function createPreferences(): Preferences {
  const [theme, setTheme] = createSignal<Theme>(known(themes, localStorage.getItem(themeKey)) ?? 'system')
  const [density, setDensity] = createSignal<Density>(known(densities, localStorage.getItem(densityKey)) ?? 'normal')
  const [tellsTyping, setTellsTyping] = createSignal(localStorage.getItem(typingKey) !== 'no')
  // At once and not after the first painting: a dark screen must not flash light.
  write('theme', theme())
  write('density', density())
  createEffect(() => {
    write('theme', theme())
    localStorage.setItem(themeKey, theme())
  })
  createEffect(() => {
    write('density', density())
    localStorage.setItem(densityKey, density())
  })
  createEffect(() => {
    localStorage.setItem(typingKey, tellsTyping() ? 'yes' : 'no')
  })
  return {
    theme,
    density,
    tellsTyping,
    setTheme: (next) => setTheme(next),
    setDensity: (next) => setDensity(next),
    setTellsTyping: (next) => setTellsTyping(next),
  }
}

function write(name: 'theme' | 'density', value: string): void {
  document.documentElement.dataset[name] = value
}

function known<T extends string>(all: readonly T[], value: string | null): T | undefined {
  return all.find((one) => one === value)
}

export const PreferencesContext = createContext<Preferences>()

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext)
  if (!preferences) throw new Error('no PreferencesContext around this component')
  return preferences
}
