/** The workspace's own screens, at the foot of the sidebar. */
import { Badge, createView } from '@poruch/ui'
import type { Replica } from '@poruch/replica'
import Radio from 'lucide-solid/icons/radio'
import SettingsIcon from 'lucide-solid/icons/settings'
import UsersRound from 'lucide-solid/icons/users-round'
import type { JSX } from 'solid-js'
import { connectionWord } from './connection-words.ts'
import { useI18n } from './i18n.ts'
import type { Route } from './paths.ts'
import { hrefOf } from './paths.ts'

export interface SidebarLinksProps {
  readonly replica: Pick<Replica, 'connection'>
  readonly at: Route['name']
  readonly requests: number
}

export function SidebarLinks(props: SidebarLinksProps): JSX.Element {
  const i18n = useI18n()
  const connection = createView(() => props.replica.connection)
  const note = (): string => {
    const word = connectionWord(connection())
    const { length } = connection().peers
    const isReached = word === 'connected' || word === 'without'
    return isReached && length > 0 ? i18n.plural('connection.summary', length) : i18n.t(`connection.state.${word}`)
  }
  const current = (name: Route['name']): 'page' | undefined => (props.at === name ? 'page' : undefined)
  return (
    <nav class="sidebar-foot" aria-label={i18n.t('nav.workspace')} data-region="workspace">
      <a class="side-link" href={hrefOf({ name: 'members' })} aria-current={current('members')}>
        <UsersRound size={16} aria-hidden="true" />
        <span class="side-link-text">{i18n.t('nav.members')}</span>
        <Badge count={props.requests} label={i18n.plural('requests.waiting', props.requests)} />
      </a>
      <a class="side-link" href={hrefOf({ name: 'connection' })} aria-current={current('connection')}>
        <Radio size={16} aria-hidden="true" />
        <span class="side-link-text">{i18n.t('nav.connection')}</span>
        <span class="side-link-note">{note()}</span>
      </a>
      <a class="side-link" href={hrefOf({ name: 'settings' })} aria-current={current('settings')}>
        <SettingsIcon size={16} aria-hidden="true" />
        <span class="side-link-text">{i18n.t('nav.settings')}</span>
      </a>
    </nav>
  )
}
