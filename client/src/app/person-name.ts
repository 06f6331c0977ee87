/** How a person is called where no name has arrived. */
import type { AppI18n } from './i18n.ts'

export function personName(i18n: AppI18n, name: string): string {
  return name === '' ? i18n.t('person.unnamed') : name
}
