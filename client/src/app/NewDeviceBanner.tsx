/** Says once when another device has become one's own: it reads everything, and may be somebody else's. */
import type { OwnDevice, Replica } from '@poruch/replica'
import { Banner, Button, createPlainView } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { For, createEffect, createSignal } from 'solid-js'
import { useI18n } from './i18n.ts'
import { hrefOf } from './paths.ts'
import { shortDevice } from './short-device.ts'

const storageKey = 'poruch/known-devices'
/** A person's devices of a lifetime; more than that are said again. */
const maxKnown = 256

function readKnown(): ReadonlySet<string> | null {
  const stored = localStorage.getItem(storageKey)
  return stored === null ? null : new Set(stored.split(' '))
}

export function NewDeviceBanner(props: { readonly replica: Pick<Replica, 'devices'> }): JSX.Element {
  const i18n = useI18n()
  const devices = createPlainView(() => props.replica.devices)
  const [known, setKnown] = createSignal(readKnown())
  const know = (ids: Iterable<string>): void => {
    const all = [...new Set(ids)].slice(-maxKnown)
    localStorage.setItem(storageKey, all.join(' '))
    setKnown(new Set(all))
  }
  createEffect(() => {
    // Those that are there at the first look came before this one, or are this one.
    if (known() === null && devices().length > 0) know(devices().map(({ device }) => device))
  })
  const fresh = (): readonly OwnDevice[] =>
    devices().filter(({ device, isLive, isThis }) => isLive && !isThis && known()?.has(device) === false)
  return (
    <For each={fresh()}>
      {(own) => (
        <Banner kind="warning">
          {i18n.t('devices.new', { name: i18n.t('devices.name', { number: own.number, id: shortDevice(own.device) }) })}
          <a class="button" data-kind="secondary" data-size="small" href={hrefOf({ name: 'settings' })}>
            {i18n.t('devices.look')}
          </a>
          <Button size="small" onClick={() => know([...(known() ?? []), own.device])}>
            {i18n.t('devices.mine')}
          </Button>
        </Banner>
      )}
    </For>
  )
}
