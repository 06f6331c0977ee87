/** Texts by key, plural forms, times and dates in the language that is chosen now. */
import { resolveTemplate, template } from '@solid-primitives/i18n'
import type { Accessor } from 'solid-js'
import { createMemo, createSignal } from 'solid-js'

export type TextArguments = Readonly<Record<string, string | number>>
/** Of `members.one`, `members.other` the key that is asked for is `members`. */
export type PluralKey<Key extends string> = Key extends `${infer Base}.other` ? Base : never

export interface I18n<Language extends string, Key extends string> {
  readonly language: Accessor<Language>
  setLanguage(language: Language): void
  /** The text; `{{ name }}` is replaced by the argument of that name. */
  t(key: Key, values?: TextArguments): string
  /** The form that the language uses with `count`, which is `{{ count }}` in the text. */
  plural(key: PluralKey<Key>, count: number, values?: TextArguments): string
  /** Hours and minutes. */
  time(wallTimeMs: number): string
  /** A day in words, with its year where that is not the present one. */
  day(wallTimeMs: number): string
  /** Day and time. */
  moment(wallTimeMs: number): string
}

export interface I18nOptions<Language extends string, Key extends string> {
  readonly initial: Language
  /** The locale in which times and days are written; by default the language itself. */
  readonly localeOf?: (language: Language) => string
  /** Days of another year than that of this time are written with it. */
  readonly nowMs: () => number
  /** Of the languages that are loaded. A key may be missing only where the language has no such plural form. */
  readonly dictionaries: Readonly<Partial<Record<Language, Readonly<Partial<Record<Key, string>>>>>>
}

/** Everything that reads it in a tracked place follows a change of language. Texts that are missing show their key. */
export function createI18n<Language extends string, Key extends string>(options: I18nOptions<Language, Key>): I18n<Language, Key> {
  const [language, setLanguage] = createSignal<Language>(options.initial)
  const rules = createMemo(() => new Intl.PluralRules(language()))
  /** Made when it is first asked for: one takes some milliseconds, and the first screen shows neither day nor moment. */
  const format = (style: Intl.DateTimeFormatOptions): Accessor<Intl.DateTimeFormat> => {
    let made: { readonly for: Language; readonly format: Intl.DateTimeFormat } | null = null
    return () => {
      const now = language()
      if (made?.for !== now) made = { for: now, format: new Intl.DateTimeFormat(options.localeOf?.(now) ?? now, style) }
      return made.format
    }
  }
  const timeFormat = format({ hour: '2-digit', minute: '2-digit' })
  const dayFormat = format({ weekday: 'long', day: 'numeric', month: 'long' })
  const yearDayFormat = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  const momentFormat = format({ dateStyle: 'medium', timeStyle: 'short' })
  const textOf = (key: string, values: TextArguments): string | undefined => {
    const text = options.dictionaries[language()]?.[key as Key]
    return text === undefined ? undefined : resolveTemplate(template<Record<string, string | number>>(text), values)
  }
  return {
    language,
    setLanguage: (next) => setLanguage(() => next),
    t: (key, values = {}) => textOf(key, values) ?? key,
    plural: (key, count, values = {}) => {
      const all = { count, ...values }
      return textOf(`${key}.${rules().select(count)}`, all) ?? textOf(`${key}.other`, all) ?? key
    },
    time: (wallTimeMs) => timeFormat().format(wallTimeMs),
    day: (wallTimeMs) => {
      const isThisYear = new Date(wallTimeMs).getFullYear() === new Date(options.nowMs()).getFullYear()
      return (isThisYear ? dayFormat() : yearDayFormat()).format(wallTimeMs)
    },
    moment: (wallTimeMs) => momentFormat().format(wallTimeMs),
  }
}
