/** How the app looks on this device, what it keeps here, and what it is. */
import type { DeviceId, View } from '@poruch/base'
import type { OwnDevice } from '@poruch/replica'
import { SelectField, createView } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { languages, useI18n } from '../../app/i18n.ts'
import type { Language } from '../../app/i18n.ts'
import { densities, themes, usePreferences } from '../../app/preferences.ts'
import type { Density, Theme } from '../../app/preferences.ts'
import { About } from './About.tsx'
import { InstallSection } from './InstallSection.tsx'
import { LockSection } from './LockSection.tsx'
import { DevicesSection } from './DevicesSection.tsx'
import { StorageSection } from './StorageSection.tsx'
import './settings.css'

export interface SettingsProps {
  readonly relay: string
  readonly devices: View<readonly OwnDevice[]>
  readonly onRevoke: (device: DeviceId) => Promise<void>
}

export function Settings(props: SettingsProps): JSX.Element {
  const devices = createView(() => props.devices)
  return (
    <div class="page">
      <Appearance />
      <LockSection />
      <DevicesSection devices={devices()} onRevoke={props.onRevoke} />
      <StorageSection />
      <InstallSection />
      <About relay={props.relay} />
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
