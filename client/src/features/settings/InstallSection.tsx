/** Installs the app, as long as the browser offers it. */
import { Button, createPlainView } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { installOffer } from '../../app/install-offer.ts'

export function InstallSection(): JSX.Element {
  const i18n = useI18n()
  const offer = createPlainView(() => installOffer)
  return (
    <Show when={offer()}>
      {(present) => (
        <section class="page-section" aria-labelledby="settings-install">
          <h2 id="settings-install">{i18n.t('settings.install')}</h2>
          <p>{i18n.t('install.offer')}</p>
          <Button onClick={() => void present().install()}>{i18n.t('install.do')}</Button>
        </section>
      )}
    </Show>
  )
}
