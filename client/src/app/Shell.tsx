/** The frame of a member's screens: the sidebar, and the pane that the address names. */
import { createView } from '@poruch/ui'
import type { Replica } from '@poruch/replica'
import Radio from 'lucide-solid/icons/radio'
import UsersRound from 'lucide-solid/icons/users-round'
import type { JSX } from 'solid-js'
import { createEffect, createMemo } from 'solid-js'
import { ConversationList } from '../features/chat/ConversationList.tsx'
import { createDrafts } from '../features/chat/drafts.ts'
import { Badge } from '@poruch/ui'
import { LanguageSwitch } from './LanguageSwitch.tsx'
import { Pane } from './Pane.tsx'
import { createRoute, goTo } from './create-route.ts'
import { createReadMarks } from './create-read-marks.ts'
import { useI18n } from './i18n.ts'
import type { ConversationId } from '@poruch/replica'

export function Shell(props: { readonly replica: Replica }): JSX.Element {
  const i18n = useI18n()
  const route = createRoute()
  const drafts = createDrafts(() => props.replica)
  const workspace = createView(() => props.replica.workspace)
  const open = createMemo((): ConversationId | null => {
    const now = route()
    return now.name === 'conversation' ? now.id : null
  })
  createReadMarks({ replica: () => props.replica, workspace, open })
  createEffect(() => {
    const unread = workspace()?.conversations.reduce((sum, one) => sum + one.unread, 0) ?? 0
    // Browsers write titles into their history, where no vault reaches: a title names nobody and nothing.
    document.title = unread > 0 ? `(${unread}) ${i18n.t('app.name')}` : i18n.t('app.name')
  })
  return (
    <div class="shell" data-pane={route().name === 'home' ? 'list' : 'main'}>
      <div class="sidebar">
        <header class="sidebar-head">
          <p>{workspace()?.name}</p>
        </header>
        <div class="sidebar-body">
          <ConversationList
            workspace={props.replica.workspace}
            open={open()}
            drafts={drafts}
            commands={props.replica}
            onCreated={(id) => {
              goTo({ name: 'conversation', id })
            }}
          />
        </div>
        <footer class="sidebar-foot">
          <SidebarLinks replica={props.replica} at={route().name} requests={workspace()?.requests.length ?? 0} />
          <LanguageSwitch />
        </footer>
      </div>
      <Pane route={route()} replica={props.replica} drafts={drafts} />
    </div>
  )
}

function SidebarLinks(props: { readonly replica: Replica; readonly at: string; readonly requests: number }): JSX.Element {
  const i18n = useI18n()
  const connection = createView(() => props.replica.connection)
  const note = (): string => {
    const { relay, peers } = connection()
    return relay.state === 'connected' && peers.length > 0
      ? i18n.plural('connection.summary', peers.length)
      : i18n.t(`connection.state.${relay.state}`)
  }
  return (
    <nav aria-label={i18n.t('nav.workspace')}>
      <a class="side-link" href="#members" aria-current={props.at === 'members' ? 'page' : undefined}>
        <UsersRound size={16} aria-hidden="true" />
        <span class="side-link-text">{i18n.t('nav.members')}</span>
        <Badge count={props.requests} label={i18n.plural('requests.waiting', props.requests)} />
      </a>
      <a class="side-link" href="#connection" aria-current={props.at === 'connection' ? 'page' : undefined}>
        <Radio size={16} aria-hidden="true" />
        <span class="side-link-text">{i18n.t('nav.connection')}</span>
        <span class="side-link-note">{note()}</span>
      </a>
    </nav>
  )
}
