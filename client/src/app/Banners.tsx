/** States of the whole app that last, over every screen. */
import type { View } from '@poruch/base'
import { Banner, Button, createPlainView, createView } from '@poruch/ui'
import type { ConnectionView, Replica } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { connectionWord } from './connection-words.ts'
import type { AppI18n } from './i18n.ts'
import { errorText, useI18n } from './i18n.ts'
import { InstallBanner } from './InstallBanner.tsx'
import { personName } from './person-name.ts'
import { storageTrouble } from './storage.ts'
import type { NewVersion } from './versions.ts'

export interface BannersProps {
  readonly replica: Pick<Replica, 'phase' | 'connection'>
  readonly version: View<NewVersion>
  /** Into the newest version, once all is kept. */
  readonly onReload: () => Promise<void>
}

export function Banners(props: BannersProps): JSX.Element {
  const i18n = useI18n()
  const phase = createView(() => props.replica.phase)
  const connection = createView(() => props.replica.connection)
  const trouble = createView(() => storageTrouble)
  const version = createPlainView(() => props.version)
  const newVersion = (): Exclude<NewVersion, 'none'> | null => {
    const present = version()
    return present === 'none' ? null : present
  }
  const relay = (): string => connectionWord(connection())
  return (
    <div>
      <Show when={newVersion()}>
        {(kind) => (
          <Banner kind={kind() === 'missing' ? 'warning' : 'info'}>
            {i18n.t(`version.${kind()}`)}
            <Button size="small" onClick={() => void props.onReload()}>
              {i18n.t('app.reload')}
            </Button>
          </Banner>
        )}
      </Show>
      <InstallBanner />
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
        <Banner kind="warning">{offlineText(i18n, connection())}</Banner>
      </Show>
      <Show when={phase().name !== 'former' && relay() === 'refused'}>
        <Banner kind="warning">
          {i18n.t('banner.refused')} {errorText(i18n, connection().relay.code ?? 'refused')}
        </Banner>
      </Show>
      <Show when={phase().name !== 'former' && relay() === 'without' && connection().peers.length === 0}>
        <Banner kind="info">{i18n.t('banner.nobody')}</Banner>
      </Show>
      <Show when={connection().waitingChanges > 0 && relay() !== 'connected'}>
        <Banner kind="info">{waitingText(i18n, connection())}</Banner>
      </Show>
    </div>
  )
}

/** What nobody else has yet is said first. */
function offlineText(i18n: AppI18n, { peers, unsent }: ConnectionView): string {
  if (peers.length > 0) return i18n.plural('banner.offlinePeers', peers.length)
  return unsent > 0 ? i18n.plural('banner.onlyHere', unsent) : i18n.t('banner.offline')
}

function waitingText(i18n: AppI18n, { waitsFor }: ConnectionView): string {
  return waitsFor ? i18n.t('banner.waitsFor', { name: personName(i18n, waitsFor.name) }) : i18n.t('banner.changes')
}
