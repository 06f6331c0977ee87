/** Where else there is what this device holds, how old that copy is, and what brings it back. */
import type { ConnectionView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import type { AppI18n } from '../../app/i18n.ts'
import { isSaved, savedAtMs } from '../../app/saved-at.ts'
import { stewardText } from '../../app/steward-text.ts'

export function BackupSection(props: { readonly connection: ConnectionView }): JSX.Element {
  const i18n = useI18n()
  return (
    <section class="page-section" aria-labelledby="settings-backup">
      <h2 id="settings-backup">{i18n.t('settings.backup')}</h2>
      <Show when={props.connection.steward} fallback={<p>{copyText(i18n, props.connection)}</p>}>
        {(steward) => (
          <p>
            {stewardText(i18n, steward())} {i18n.t('backup.members')}
          </p>
        )}
      </Show>
      <Show when={props.connection.unsent > 0}>
        <p class="attention">{i18n.plural('storage.onlyHere', props.connection.unsent)}</p>
      </Show>
      <p class="soft">{i18n.t('backup.words')}</p>
      <p class="soft">{i18n.t('backup.notCovered')}</p>
    </section>
  )
}

function copyText(i18n: AppI18n, connection: ConnectionView): string {
  const relay = connection.relay.origin
  if (isSaved(connection)) return i18n.t('backup.now', { relay })
  const atMs = savedAtMs()
  return atMs === null ? i18n.t('backup.never', { relay }) : i18n.t('backup.since', { relay, since: i18n.moment(atMs) })
}
