/** The app's texts: two dictionaries, the language chosen, and sentences for error codes. */
import { codeOf, systemClock } from '@poruch/base'
import type { I18n } from '@poruch/ui'
import { createI18n } from '@poruch/ui'
import { createContext, useContext } from 'solid-js'
import type en from '../locales/en.json'
import type enLater from '../locales/en.later.json'

export const languages = ['uk', 'en'] as const
export type Language = (typeof languages)[number]
export type TextKey = keyof typeof en | keyof typeof enLater
export type AppI18n = I18n<Language, TextKey>
type Texts = Readonly<Partial<Record<TextKey, string>>>

/** Those loaded so far: the first screen waits for one language only, and for what it can show itself. */
const dictionaries: Partial<Record<Language, Texts>> = {}
/** Whether anything was shown, or is about to be, that comes later. */
let wantsLater = false

type Load = () => Promise<{ readonly default: Texts }>

const loaders: Readonly<Record<Language, { readonly first: Load; readonly later: Load }>> = {
  en: { first: async () => import('../locales/en.json'), later: async () => import('../locales/en.later.json') },
  uk: { first: async () => import('../locales/uk.json'), later: async () => import('../locales/uk.later.json') },
}

/** Resolves when the language can be shown wherever another one can. */
export async function loadLanguage(language: Language): Promise<void> {
  const { first, later } = loaders[language]
  const texts = dictionaries[language] ?? (await first()).default
  dictionaries[language] ??= texts
  if (wantsLater) dictionaries[language] = { ...texts, ...(await later()).default }
}

/** Resolves when parts that come later can be shown in each language that the first screen has. */
export async function loadLaterTexts(): Promise<void> {
  wantsLater = true
  await Promise.all(languages.filter((language) => dictionaries[language]).map(loadLanguage))
}

const storageKey = 'poruch/language'

/** The language chosen before on this device, else the first that the browser asks for, else Ukrainian. */
export function firstLanguage(stored: string | null, wanted: readonly string[]): Language {
  const known = (tag: string): Language | undefined => languages.find((language) => language === tag.toLowerCase().split('-')[0])
  return (stored === null ? undefined : known(stored)) ?? wanted.map(known).find((language) => language !== undefined) ?? 'uk'
}

/** British readers get 14:02 and American ones 2:02 PM: the browser's own tag for the language, where it has one. */
function localeOf(language: Language): string {
  return navigator.languages.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? language
}

/** The one to start with on this device. */
export function startLanguage(): Language {
  return firstLanguage(localStorage.getItem(storageKey), navigator.languages)
}

/** The choice is kept on this device; needs an owner. The language to start with must be loaded; another is when it is chosen. */
export function createAppI18n(initial = startLanguage()): AppI18n {
  const i18n = createI18n<Language, TextKey>({ initial, localeOf, dictionaries, nowMs: systemClock.now })
  return {
    ...i18n,
    setLanguage: (language) => {
      localStorage.setItem(storageKey, language)
      loadLanguage(language).then(() => {
        i18n.setLanguage(language)
      }, reportError)
    },
  }
}

export const I18nContext = createContext<AppI18n>()

export function useI18n(): AppI18n {
  const i18n = useContext(I18nContext)
  if (!i18n) throw new Error('no I18nContext around this component')
  return i18n
}

/**
 * What the relay or the log said, where the error carries it; else the error's own code. An error without a code is a fault of the app:
 * the person sees a sentence, the console the error.
 */
export function errorCodeOf(thrown: unknown): string {
  const code = codeOf(thrown)
  if (code === 'unexpected') reportError(thrown)
  const reason = thrown instanceof Error && 'reason' in thrown ? thrown.reason : null
  return code === 'refused' && typeof reason === 'string' ? reason : code
}

/** A sentence for a stable code; an unknown code is named in it. */
export function errorText(i18n: AppI18n, code: string): string {
  const key = `error.${code}` as TextKey
  const text = i18n.t(key, { code })
  return text === key ? i18n.t('error.unexpected', { code }) : text
}
