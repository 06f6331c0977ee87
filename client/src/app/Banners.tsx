/** States of the whole app that last, over every screen. */
import { Banner, Button, createView } from '@poruch/ui'
import type { Replica } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { errorText, useI18n } from './i18n.ts'
import { storageTrouble } from './storage.ts'

export interface BannersProps {
  readonly replica: Pick<Replica, 'phase' | 'connection'>
  /** Set when a new version waits. */
  readonly onUpdate: (() => void) | null
}

export function Banners(props: BannersProps): JSX.Element {
  const i18n = useI18n()
  const phase = createView(() => props.replica.phase)
  const connection = createView(() => props.replica.connection)
  const trouble = createView(() => storageTrouble)
  const relay = (): string => connection().relay.state
  const peers = (): number => connection().peers.length
  return (
    <div>
      <Show when={props.onUpdate}>
        {(update) => (
          <Banner kind="info">
            {i18n.t('app.update')}
            <Button size="small" onClick={() => update()()}>
              {i18n.t('app.reload')}
            </Button>
          </Banner>
        )}
      </Show>
      <Show when={trouble() === 'full'}>
        <Banner kind="warning">{i18n.t('banner.storageFull')}</Banner>
      </Show>
      <Show when={trouble() === 'closed'}>
        <Banner kind="warning">
          {i18n.t('banner.storageClosed')}
          <Button size="small" onClick={() => location.reload()}>
            {i18n.t('app.reload')}
          </Button>
        </Banner>
      </Show>
      <Show when={phase().name === 'former'}>
        <Banner kind="warning">{i18n.t('banner.removed')}</Banner>
      </Show>
      <Show when={phase().name !== 'former' && relay() === 'offline'}>
        <Banner kind="warning">{peers() > 0 ? i18n.plural('banner.offlinePeers', peers()) : i18n.t('banner.offline')}</Banner>
      </Show>
      <Show when={phase().name !== 'former' && relay() === 'refused'}>
        <Banner kind="warning">
          {i18n.t('banner.refused')} {errorText(i18n, connection().relay.code ?? 'refused')}
        </Banner>
      </Show>
      <Show when={connection().waitingChanges > 0 && relay() !== 'connected'}>
        <Banner kind="info">{i18n.t('banner.changes')}</Banner>
      </Show>
    </div>
  )
}
