/** One's own devices, and shutting one out that was lost. */
import type { DeviceId } from '@poruch/base'
import type { OwnDevice } from '@poruch/replica'
import { Button } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { For, Show, createSignal } from 'solid-js'
import { ConfirmDialog } from '../../app/ConfirmDialog.tsx'
import { useI18n } from '../../app/i18n.ts'
import { shortDevice } from '../../app/short-device.ts'

export interface DevicesSectionProps {
  readonly devices: readonly OwnDevice[]
  readonly onRevoke: (device: DeviceId) => Promise<void>
}

export function DevicesSection(props: DevicesSectionProps): JSX.Element {
  const i18n = useI18n()
  const [asked, setAsked] = createSignal<OwnDevice | null>(null)
  const nameOf = ({ number, device }: OwnDevice): string => i18n.t('devices.name', { number, id: shortDevice(device) })
  return (
    <section class="page-section" aria-labelledby="settings-devices">
      <h2 id="settings-devices">{i18n.t('devices.title')}</h2>
      <p class="soft">{i18n.t('devices.hint')}</p>
      <ul class="device-list" aria-labelledby="settings-devices">
        <For each={props.devices}>
          {(device) => (
            <li>
              <span>
                {nameOf(device)}
                <Show when={device.isThis || !device.isLive}>
                  <span class="soft"> {i18n.t(device.isThis ? 'devices.this' : 'devices.gone')}</span>
                </Show>
              </span>
              <Show when={device.isLive && !device.isThis}>
                <Button aria-label={i18n.t('devices.revokeOne', { name: nameOf(device) })} onClick={() => setAsked(device)}>
                  {i18n.t('devices.revoke')}
                </Button>
              </Show>
            </li>
          )}
        </For>
      </ul>
      <Show when={asked()}>
        {(device) => (
          <ConfirmDialog
            title={i18n.t('devices.revokeOne', { name: nameOf(device()) })}
            hint={i18n.t('devices.revokeHint')}
            confirm={i18n.t('devices.revoke')}
            onConfirm={() => props.onRevoke(device().device)}
            onClose={() => setAsked(null)}
          />
        )}
      </Show>
    </section>
  )
}
