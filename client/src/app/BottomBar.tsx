/** The ways between the screens on a phone, within a thumb's reach. */
import { Badge, createView } from '@poruch/ui'
import type { Replica } from '@poruch/replica'
import MessagesSquare from 'lucide-solid/icons/messages-square'
import Radio from 'lucide-solid/icons/radio'
import SettingsIcon from 'lucide-solid/icons/settings'
import UsersRound from 'lucide-solid/icons/users-round'
import type { JSX } from 'solid-js'
import { For, Show } from 'solid-js'
import { connectionWord } from './connection-words.ts'
import { useI18n } from './i18n.ts'
import type { Route } from './paths.ts'
import { hrefOf } from './paths.ts'
import './bottom-bar.css'

export interface BottomBarProps {
  readonly replica: Pick<Replica, 'connection'>
  readonly at: Route['name']
  readonly unread: number
  readonly requests: number
}

const places = [
  ['home', MessagesSquare],
  ['members', UsersRound],
  ['connection', Radio],
  ['settings', SettingsIcon],
] as const

export function BottomBar(props: BottomBarProps): JSX.Element {
  const i18n = useI18n()
  const connection = createView(() => props.replica.connection)
  const badge = (name: Route['name']): JSX.Element => (
    <>
      <Show when={name === 'home'}>
        <Badge count={props.unread} label={i18n.plural('unread', props.unread)} />
      </Show>
      <Show when={name === 'members'}>
        <Badge count={props.requests} label={i18n.plural('requests.waiting', props.requests)} />
      </Show>
      <Show when={name === 'connection' && !['connected', 'without'].includes(connectionWord(connection()))}>
        <span class="bottom-bar-mark" />
        <span class="visually-hidden">{i18n.t(`connection.state.${connectionWord(connection())}`)}</span>
      </Show>
    </>
  )
  return (
    <nav class="bottom-bar" aria-label={i18n.t('nav.workspace')} data-region="workspace">
      <For each={places}>
        {([name, Icon]) => (
          <a href={hrefOf({ name })} aria-current={props.at === name ? 'page' : undefined}>
            <span class="bottom-bar-icon">
              <Icon size={20} aria-hidden="true" />
              {badge(name)}
            </span>
            <span>{i18n.t(name === 'home' ? 'nav.chats' : `nav.${name}`)}</span>
          </a>
        )}
      </For>
    </nav>
  )
}
