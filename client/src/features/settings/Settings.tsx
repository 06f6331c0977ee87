/** How the app looks on this device, what it keeps here, and what it is. */
import type { Replica } from '@poruch/replica'
import { SelectField, createView } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { languages, useI18n } from '../../app/i18n.ts'
import type { Language } from '../../app/i18n.ts'
import { densities, themes, usePreferences } from '../../app/preferences.ts'
import type { Density, Theme } from '../../app/preferences.ts'
import { About } from './About.tsx'
import { BackupSection } from './BackupSection.tsx'
import { InstallSection } from './InstallSection.tsx'
import { LockSection } from './LockSection.tsx'
import { DevicesSection } from './DevicesSection.tsx'
import { NotificationsSection } from './NotificationsSection.tsx'
import { ProfileSection } from './ProfileSection.tsx'
import { StorageSection } from './StorageSection.tsx'
import './settings.css'

export interface SettingsProps {
  readonly replica: Pick<Replica, 'workspace' | 'connection' | 'devices' | 'revokeDevice' | 'setDisplayName'>
}

export function Settings(props: SettingsProps): JSX.Element {
  const devices = createView(() => props.replica.devices)
  const connection = createView(() => props.replica.connection)
  const me = createView(
    () => props.replica.workspace,
    (workspace) => workspace?.members.find(({ isMe }) => isMe) ?? null,
  )
  return (
    <div class="page">
      <Show when={me()}>{(present) => <ProfileSection me={present()} onName={props.replica.setDisplayName} />}</Show>
      <Appearance />
      <NotificationsSection />
      <LockSection />
      <DevicesSection devices={devices()} onRevoke={props.replica.revokeDevice} />
      <BackupSection connection={connection()} />
      <StorageSection />
      <InstallSection />
      <About relay={connection().relay.origin} />
    </div>
  )
}

function Appearance(): JSX.Element {
  const i18n = useI18n()
  const preferences = usePreferences()
  return (
    <section class="page-section settings-fields" aria-labelledby="settings-look">
      <h2 id="settings-look">{i18n.t('settings.look')}</h2>
      <SelectField
        label={i18n.t('language.label')}
        value={i18n.language()}
        options={languages.map((value) => ({ value, label: i18n.t(`language.${value}`) }))}
        onInput={(value) => {
          i18n.setLanguage(value as Language)
        }}
      />
      <SelectField
        label={i18n.t('settings.theme')}
        value={preferences.theme()}
        options={themes.map((value) => ({ value, label: i18n.t(`theme.${value}`) }))}
        onInput={(value) => {
          preferences.setTheme(value as Theme)
        }}
      />
      <SelectField
        label={i18n.t('settings.density')}
        hint={i18n.t('settings.here')}
        value={preferences.density()}
        options={densities.map((value) => ({ value, label: i18n.t(`density.${value}`) }))}
        onInput={(value) => {
          preferences.setDensity(value as Density)
        }}
      />
    </section>
  )
}
