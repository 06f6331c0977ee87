/** The main pane: its heading, the way back on a phone, and the screen that the address names. */
import { EmptyState, IconButton, createPlainView, createView } from '@poruch/ui'
import type { ConversationId, Replica, WorkspaceView } from '@poruch/replica'
import ArrowLeft from 'lucide-solid/icons/arrow-left'
import PanelRight from 'lucide-solid/icons/panel-right'
import type { JSX } from 'solid-js'
import { Match, Show, Switch, createMemo } from 'solid-js'
import { Conversation } from '../features/chat/Conversation.tsx'
import type { Drafts } from '../features/chat/drafts.ts'
import { DetailsPane } from './DetailsPane.tsx'
import { FirstSteps, createHasFirstSteps } from './FirstSteps.tsx'
import { endFirstSteps } from './first-steps.ts'
import type { Layout } from './create-layout.ts'
import type { AppI18n } from './i18n.ts'
import { useI18n } from './i18n.ts'
import { ConnectionPanel, Members, Settings } from './parts.tsx'
import type { Route } from './paths.ts'
import { hrefOf, keyOf } from './paths.ts'
import { detailsKeys, paletteKeys } from './shortcuts.ts'
import { keepStorageOnce } from './storage.ts'
import { personName, plainName } from './person-name.ts'
import { isAdmin } from './rights.ts'

export interface PaneProps {
  readonly route: Route
  readonly replica: Replica
  readonly drafts: Drafts
  readonly layout: Layout
}

export function Pane(props: PaneProps): JSX.Element {
  const i18n = useI18n()
  const workspace = createPlainView(() => props.replica.workspace)
  const connection = createView(() => props.replica.connection)
  const openId = createMemo(() => (props.route.name === 'conversation' ? props.route.id : null))
  const hasDetails = (): boolean => props.layout.hasDetails() && openId() !== null
  const title = createMemo(() => titleOf(i18n, props.route, workspace()))
  return (
    <div class="panes" data-details={hasDetails() ? '' : undefined}>
      <main class="pane" aria-label={i18n.t('nav.main')}>
        <header class="pane-head">
          <a class="pane-back" href={hrefOf({ name: 'home' })} aria-label={i18n.t('nav.back')}>
            <ArrowLeft size={20} aria-hidden="true" />
          </a>
          <h1>{title()}</h1>
          <Show when={openId()}>
            {(id) => (
              <>
                <p class="pane-hint" data-stale={id().kind === 'channel' && connection().staleSinceMs !== null ? '' : undefined}>
                  {readersText(i18n, id(), connection().staleSinceMs)}
                </p>
                <IconButton
                  label={i18n.t('details.show')}
                  keys={detailsKeys}
                  shortcut="Control+. Meta+."
                  isPressed={props.layout.hasDetails()}
                  onPress={props.layout.toggleDetails}
                >
                  <PanelRight size={16} aria-hidden="true" />
                </IconButton>
              </>
            )}
          </Show>
        </header>
        <div class="pane-body" data-region={openId() ? undefined : 'content'} tabIndex={openId() ? undefined : 0}>
          <Switch fallback={<Home workspace={workspace()} />}>
            <Match when={props.route.name === 'members'}>
              <Members workspace={props.replica.workspace} connection={props.replica.connection} commands={props.replica} />
            </Match>
            <Match when={props.route.name === 'connection'}>
              <ConnectionPanel connection={props.replica.connection} />
            </Match>
            <Match when={props.route.name === 'settings'}>
              <Settings replica={props.replica} />
            </Match>
            <Match when={openId()} keyed>
              {(id) => <OpenConversation id={id} title={title()} replica={props.replica} drafts={props.drafts} />}
            </Match>
          </Switch>
        </div>
      </main>
      <Show when={hasDetails() && openId()}>{(id) => <DetailsPane id={id()} replica={props.replica} layout={props.layout} />}</Show>
    </div>
  )
}

/** Who reads what is written here; in a channel nobody knows of removals that others have not confirmed. */
function readersText(i18n: AppI18n, id: ConversationId, staleSinceMs: number | null): string {
  if (id.kind === 'direct') return i18n.t('chat.privateHint')
  return staleSinceMs === null ? i18n.t('chat.channelHint') : i18n.t('chat.channelStale', { since: i18n.moment(staleSinceMs) })
}

interface OpenConversationProps {
  readonly id: ConversationId
  readonly title: string
  readonly replica: Pick<Replica, 'conversation' | 'send' | 'erase' | 'setTyping' | 'workspace'>
  readonly drafts: Drafts
}

function OpenConversation(props: OpenConversationProps): JSX.Element {
  const role = createView(
    () => props.replica.workspace,
    (workspace) => workspace?.myRole ?? 'none',
  )
  const send = async (id: ConversationId, text: string): Promise<void> => {
    await props.replica.send(id, text)
    endFirstSteps()
    keepStorageOnce().catch(reportError)
  }
  return (
    <Conversation
      id={props.id}
      conversation={props.replica.conversation(props.id)}
      title={props.title}
      drafts={props.drafts}
      unread={() => props.replica.workspace.read()?.conversations.find(({ id }) => keyOf(id) === keyOf(props.id))?.unread ?? 0}
      onSend={send}
      onTyping={props.replica.setTyping}
      onErase={props.replica.erase}
      isAdmin={isAdmin(role())}
    />
  )
}

function titleOf(i18n: AppI18n, route: Route, workspace: WorkspaceView | null): string {
  if (route.name === 'home') return i18n.t('nav.conversations')
  if (route.name !== 'conversation') return i18n.t(`nav.${route.name}`)
  const { id } = route
  const known = workspace?.conversations.find((one) => keyOf(one.id) === keyOf(id))?.title ?? ''
  if (id.kind === 'channel') return plainName(known)
  return personName(i18n, workspace?.members.find((member) => member.user === id.user)?.name || known)
}

function Home(props: { readonly workspace: WorkspaceView | null }): JSX.Element {
  const hasFirstSteps = createHasFirstSteps()
  const steps = (): WorkspaceView | null => (hasFirstSteps() ? props.workspace : null)
  const isAlone = (): boolean => (props.workspace?.members.length ?? 0) <= 1
  return (
    <div class="home">
      <Show when={steps()} fallback={<Welcome isAlone={isAlone()} />}>
        {(present) => <FirstSteps workspace={present()} />}
      </Show>
    </div>
  )
}

function Welcome(props: { readonly isAlone: boolean }): JSX.Element {
  const i18n = useI18n()
  return (
    <Show
      when={props.isAlone}
      fallback={<EmptyState title={i18n.t('home.title')} hint={i18n.t('home.hint', { keys: paletteKeys.join('+') })} />}
    >
      <EmptyState title={i18n.t('home.first')} hint={i18n.t('home.firstHint')}>
        <a class="button" data-kind="primary" href="#members">
          {i18n.t('invitations.new')}
        </a>
      </EmptyState>
    </Show>
  )
}
