/** Names and titles of others as they are safe to show. */
import type { AppI18n } from './i18n.ts'

/** Marks that turn the direction of what follows or are not seen at all, and control characters: with them a name passes for another text. */
const unseen = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/gu

export function plainName(name: string): string {
  return name.replace(unseen, '').trim()
}

/** How a person is called, also where no name has arrived. */
export function personName(i18n: AppI18n, name: string): string {
  const plain = plainName(name)
  return plain === '' ? i18n.t('person.unnamed') : plain
}
