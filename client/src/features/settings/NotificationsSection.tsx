/** Whether this device says that something new has come, and whether it tells others that one types. */
import { Checkbox, createPlainView } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { notificationState, setNotifications } from '../../app/notifications.ts'
import { usePreferences } from '../../app/preferences.ts'

export function NotificationsSection(): JSX.Element {
  const i18n = useI18n()
  const preferences = usePreferences()
  const state = createPlainView(() => notificationState)
  return (
    <section class="page-section" aria-labelledby="settings-notify">
      <h2 id="settings-notify">{i18n.t('settings.notify')}</h2>
      <Checkbox label={i18n.t('notify.want')} checked={state() === 'on'} onInput={(wanted) => void setNotifications(wanted)} />
      <p class="soft" role="status">
        {i18n.t(`notify.state.${state()}`)}
      </p>
      <Checkbox
        label={i18n.t('typing.tell')}
        checked={preferences.tellsTyping()}
        onInput={(tells) => {
          preferences.setTellsTyping(tells)
        }}
      />
    </section>
  )
}
