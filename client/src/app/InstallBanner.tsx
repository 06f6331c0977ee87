/** Offers to install the app, at a good moment and once. */
import { Banner, Button, createPlainView } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { useI18n } from './i18n.ts'
import { installOffer } from './install-offer.ts'

export function InstallBanner(): JSX.Element {
  const i18n = useI18n()
  const offer = createPlainView(() => installOffer)
  const timely = () => {
    const present = offer()
    return present?.isTimely ? present : null
  }
  return (
    <Show when={timely()}>
      {(present) => (
        <Banner kind="info">
          {i18n.t('install.offer')}
          <Button size="small" onClick={() => void present().install()}>
            {i18n.t('install.do')}
          </Button>
          <Button
            size="small"
            onClick={() => {
              present().refuse()
            }}
          >
            {i18n.t('install.refuse')}
          </Button>
        </Banner>
      )}
    </Show>
  )
}
