/** The frame of a member's screens: the sidebar, the pane that the address names, and the ways between them. */
import { Divider, IconButton, createPlainView } from '@poruch/ui'
import type { ConversationId, Replica } from '@poruch/replica'
import Search from 'lucide-solid/icons/search'
import type { JSX } from 'solid-js'
import { Show, createEffect, createMemo, on, onCleanup, untrack } from 'solid-js'
import { ConversationList } from '../features/chat/ConversationList.tsx'
import { createDrafts } from '../features/chat/drafts.ts'
import type { Devtools } from '../features/devtools/devtools.ts'
import { BottomBar } from './BottomBar.tsx'
import { FirstSteps, createHasFirstSteps } from './FirstSteps.tsx'
import { Overlays, createOverlays } from './Overlays.tsx'
import { Pane } from './Pane.tsx'
import { SidebarLinks } from './SidebarLinks.tsx'
import { showBadge } from './app-badge.ts'
import { createLayout, paneWidths } from './create-layout.ts'
import { createIsPhone } from './create-is-phone.ts'
import { createRoute, goTo } from './create-route.ts'
import { createReadMarks, markAllRead } from './create-read-marks.ts'
import { useI18n } from './i18n.ts'
import { MutesContext, createMutes } from './mutes.ts'
import { createNotifier, unreadOf } from './notifications.ts'
import { DevtoolsPanel } from './parts.tsx'
import { followSaved } from './saved-at.ts'
import { waitingFor } from './rights.ts'
import { paletteKeys } from './shortcuts.ts'

export function Shell(props: { readonly replica: Replica; readonly devtools: Devtools }): JSX.Element {
  const i18n = useI18n()
  const route = createRoute()
  const drafts = createDrafts(() => props.replica)
  const workspace = createPlainView(() => props.replica.workspace)
  const open = createMemo((): ConversationId | null => {
    const now = route()
    return now.name === 'conversation' ? now.id : null
  })
  const isPhone = createIsPhone()
  const layout = createLayout(isPhone)
  const overlays = createOverlays({ workspace, open, onDetails: layout.toggleDetails, onReadAll: () => markAllRead(props.replica) })
  /** On a phone the list of conversations is the whole of the home screen. */
  const isListMain = (): boolean => isPhone() && route().name === 'home'
  createEffect(on(open, layout.uncover))
  const requests = (): number => waitingFor(workspace())
  const hasFirstSteps = createHasFirstSteps()
  const mutes = createMutes()
  createNotifier({ i18n, workspace, mutes })
  onCleanup(followSaved(untrack(() => props.replica.connection)))
  createReadMarks({ replica: () => props.replica, workspace, open })
  createEffect(() => {
    const unread = unreadOf(workspace(), mutes)
    // Browsers write titles into their history, where no vault reaches: a title names nobody and nothing.
    void showBadge(unread)
    document.title = unread > 0 ? `(${unread}) ${i18n.t('app.name')}` : i18n.t('app.name')
  })
  return (
    <MutesContext.Provider value={mutes}>
      <div
        class="shell"
        data-pane={route().name === 'home' ? 'list' : 'main'}
        style={{ '--sidebar': `${layout.sidebar()}px`, '--details': `${layout.details()}px` }}
      >
        <div class="sidebar" role={isListMain() ? 'main' : 'navigation'} aria-label={i18n.t(isListMain() ? 'nav.main' : 'nav.sidebar')}>
          <div class="sidebar-head">
            <p role={isListMain() ? 'heading' : undefined} aria-level={isListMain() ? 1 : undefined}>
              {workspace()?.name}
            </p>
            <IconButton
              label={i18n.t('palette.title')}
              keys={paletteKeys}
              shortcut="Control+K Meta+K"
              onPress={() => {
                overlays.show('palette')
              }}
            >
              <Search size={16} aria-hidden="true" />
            </IconButton>
          </div>
          <div class="sidebar-body" data-region="conversations">
            <Show when={isListMain() && hasFirstSteps() && workspace()}>{(present) => <FirstSteps workspace={present()} />}</Show>
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
          <Divider
            label={i18n.t('layout.sidebar')}
            value={layout.sidebar()}
            {...paneWidths.sidebar}
            side="right"
            onChange={layout.setSidebar}
          />
          <Show when={!isPhone()}>
            <SidebarLinks replica={props.replica} at={route().name} requests={requests()} />
          </Show>
        </div>
        <Pane route={route()} replica={props.replica} drafts={drafts} layout={layout} />
        <Show when={isPhone() && open() === null}>
          <BottomBar replica={props.replica} at={route().name} unread={unreadOf(workspace(), mutes)} requests={requests()} />
        </Show>
        <Overlays replica={props.replica} overlays={overlays} drafts={drafts} />
        <Show when={overlays.hasDevtools()}>
          <DevtoolsPanel replica={props.replica} devtools={props.devtools} onClose={overlays.toggleDevtools} />
        </Show>
      </div>
    </MutesContext.Provider>
  )
}
