/** What this device keeps, and whether the browser promises to keep it. */
import { Button } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show, createResource, createSignal } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { keepStorage, readStorage } from '../../app/storage.ts'
import type { StorageState } from '../../app/storage.ts'

const megabyteBytes = 1_000_000

export function StorageSection(): JSX.Element {
  const i18n = useI18n()
  const [storage, { refetch }] = createResource(readStorage)
  const [isRefused, setRefused] = createSignal(false)
  const ask = async (): Promise<void> => {
    setRefused(!(await keepStorage()))
    await refetch()
  }
  return (
    <section class="page-section" aria-labelledby="settings-storage">
      <h2 id="settings-storage">{i18n.t('settings.storage')}</h2>
      <Show when={storage.latest} fallback={<p class="soft">{i18n.t('storage.unknown')}</p>}>
        {(state) => (
          <>
            <StorageMeter state={state()} />
            <p>{i18n.t(state().isKept ? 'storage.kept' : 'storage.notKept')}</p>
            <Show when={!state().isKept}>
              <Button onClick={() => void ask()}>{i18n.t('storage.keep')}</Button>
            </Show>
          </>
        )}
      </Show>
      <Show when={isRefused()}>
        <p class="soft" role="status">
          {i18n.t('storage.refused')}
        </p>
      </Show>
    </section>
  )
}

function StorageMeter(props: { readonly state: StorageState }): JSX.Element {
  const i18n = useI18n()
  const megabytes = (bytes: number): string =>
    new Intl.NumberFormat(i18n.language(), { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 }).format(bytes / megabyteBytes)
  const words = (): string => i18n.t('storage.used', { used: megabytes(props.state.usedBytes), quota: megabytes(props.state.quotaBytes) })
  return (
    <>
      <meter
        class="storage-meter"
        aria-label={i18n.t('settings.storage')}
        min={0}
        max={Math.max(1, props.state.quotaBytes)}
        value={props.state.usedBytes}
      />
      <p>{words()}</p>
    </>
  )
}
