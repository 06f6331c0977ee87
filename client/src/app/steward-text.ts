/** Who keeps the list of members where no relay does, in one sentence. */
import type { ConnectionView } from '@poruch/replica'
import type { AppI18n } from './i18n.ts'
import { personName } from './person-name.ts'

export function stewardText(i18n: AppI18n, { name, isThisDevice }: NonNullable<ConnectionView['steward']>): string {
  return isThisDevice ? i18n.t('steward.here') : i18n.t('steward.there', { name: personName(i18n, name) })
}
