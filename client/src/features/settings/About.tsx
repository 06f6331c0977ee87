/** Which version this is, what is encrypted, and what the relay sees all the same. */
import type { JSX } from 'solid-js'
import { version } from '../../../package.json'
import { useI18n } from '../../app/i18n.ts'

export function About(props: { readonly relay: string }): JSX.Element {
  const i18n = useI18n()
  return (
    <section class="page-section" aria-labelledby="settings-about">
      <h2 id="settings-about">{i18n.t('settings.about')}</h2>
      <p>{i18n.t('about.version', { version })}</p>
      <h3>{i18n.t('about.sealedTitle')}</h3>
      <p>{i18n.t('about.sealed')}</p>
      <h3>{i18n.t('about.seenTitle')}</h3>
      <p>{i18n.t('about.seen', { relay: props.relay })}</p>
      <h3>{i18n.t('about.deviceTitle')}</h3>
      <p>{i18n.t('about.device')}</p>
    </section>
  )
}
