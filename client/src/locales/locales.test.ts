/** Both dictionaries say everything, with the same arguments and all plural forms. */
import { expect, test } from 'vitest'
import enFirst from './en.json' with { type: 'json' }
import enLater from './en.later.json' with { type: 'json' }
import ukFirst from './uk.json' with { type: 'json' }
import ukLater from './uk.later.json' with { type: 'json' }

const [en, uk] = [
  { ...enFirst, ...enLater },
  { ...ukFirst, ...ukLater },
]

const pluralForms = /\.(?:one|few|many|other)$/u
const plain = (texts: object): string[] => Object.keys(texts).filter((key) => !pluralForms.test(key))
const pluralBases = (texts: object): string[] => [
  ...new Set(
    Object.keys(texts)
      .filter((key) => pluralForms.test(key))
      .map((key) => key.replace(pluralForms, '')),
  ),
]
const argumentsOf = (text: string): string[] => [...text.matchAll(/\{\{ (\w+) \}\}/gu)].map((match) => match[1] ?? '').toSorted()

test('[CL30] both languages have the same texts, none empty, with the same arguments', () => {
  expect(plain(uk).toSorted()).toEqual(plain(en).toSorted())
  expect(pluralBases(uk).toSorted()).toEqual(pluralBases(en).toSorted())
  const english = en as Record<string, string>
  for (const [key, text] of Object.entries(uk)) {
    expect([key, text]).not.toContain('')
    expect([key, argumentsOf(text)]).toEqual([key, argumentsOf(english[key] ?? english[key.replace(pluralForms, '.other')] ?? '')])
  }
})

test('[CL30] each count has the forms that its language uses', () => {
  for (const [language, texts] of [
    ['en', en],
    ['uk', uk],
  ] as const) {
    const forms = new Set(Array.from({ length: 200 }, (_, count) => new Intl.PluralRules(language).select(count)))
    for (const base of pluralBases(texts)) for (const form of forms) expect(Object.keys(texts)).toContain(`${base}.${form}`)
  }
})
