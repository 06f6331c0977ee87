/** What is seen until a screen is there. */
import type { JSX } from 'solid-js'
import { useI18n } from './i18n.ts'

export function Loading(): JSX.Element {
  const i18n = useI18n()
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">{i18n.t('app.loading')}</span>
      <span />
      <span />
      <span />
    </div>
  )
}
