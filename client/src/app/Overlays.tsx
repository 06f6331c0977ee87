/** What opens over any screen by a shortcut: the palette, the list of shortcuts, and what the palette's commands open. */
import { createPlainView, createView } from '@poruch/ui'
import type { ConversationId, Replica, WorkspaceView } from '@poruch/replica'
import type { Accessor, JSX } from 'solid-js'
import { Match, Switch, createEffect, createSignal } from 'solid-js'
import type { Drafts } from '../features/chat/drafts.ts'
import { mayCreateChannel } from '../features/chat/conversation-rows.ts'
import type { Command } from './GoTo.tsx'
import { goTo } from './create-route.ts'
import { createShortcuts } from './create-shortcuts.ts'
import { conversationPlaces } from './go-to-items.ts'
import { forgetShare, pendingShare } from './share.ts'
import type { AppI18n } from './i18n.ts'
import { languages, useI18n } from './i18n.ts'
import { useLock } from './lock-context.ts'
import { GoTo, NewChannelDialog, ShortcutList } from './parts.tsx'
import { markAllRead } from './create-read-marks.ts'
import { keyOf, parseRoute } from './paths.ts'
import { themes, usePreferences } from './preferences.ts'

type Overlay = 'palette' | 'shortcuts' | 'channel'

export interface Overlays {
  readonly shown: Accessor<Overlay | null>
  /** Keys of conversations, the one opened last first. */
  readonly opened: Accessor<readonly string[]>
  show(overlay: Overlay | null): void
  /** Under the screen, whatever opens over it. */
  readonly hasDevtools: Accessor<boolean>
  toggleDevtools(): void
}

export interface OverlaySources {
  readonly workspace: Accessor<WorkspaceView | null>
  readonly open: Accessor<ConversationId | null>
  readonly onDetails: () => void
  readonly onReadAll: () => void
}

/** What the palette remembers of this tab's way; nobody looks further back than that by arrow keys. */
const openedMax = 20

/** Needs an owner. */
export function createOverlays({ workspace, open, onDetails, onReadAll }: OverlaySources): Overlays {
  const i18n = useI18n()
  const lock = useLock()
  const [shown, show] = createSignal<Overlay | null>(null)
  const [opened, setOpened] = createSignal<readonly string[]>([])
  createEffect(() => {
    const id = open()
    if (id) setOpened((before) => [keyOf(id), ...before.filter((key) => key !== keyOf(id))].slice(0, openedMax))
  })
  const [hasDevtools, setDevtools] = createSignal(false)
  const toggleDevtools = (): void => {
    setDevtools(!hasDevtools())
  }
  const toggle = (overlay: Overlay): void => {
    show(shown() === overlay ? null : overlay)
  }
  createShortcuts({
    palette: () => {
      toggle('palette')
    },
    list: () => {
      toggle('shortcuts')
    },
    lock: () => {
      lock.lock().catch(reportError)
    },
    details: onDetails,
    readAll: onReadAll,
    devtools: toggleDevtools,
    move: (step, unread) => {
      const id = open()
      const key = neighbourOf(i18n, workspace(), { from: id && keyOf(id), step, unread })
      if (key !== null) goTo(parseRoute(key))
    },
  })
  return { shown, opened, show: (overlay) => show(overlay), hasDevtools, toggleDevtools }
}

interface Move {
  readonly from: string | null
  readonly step: 1 | -1
  readonly unread: boolean
}

/** The key of the conversation next to one, in the sidebar's order and round its ends; null where there is none. */
function neighbourOf(i18n: AppI18n, workspace: WorkspaceView | null, { from, step, unread }: Move): string | null {
  const unreadKeys = new Set(workspace?.conversations.filter((one) => one.unread > 0).map(({ id }) => keyOf(id)))
  const keys = conversationPlaces(i18n, workspace).map(({ id }) => id)
  const start = from === null ? (step > 0 ? -1 : keys.length) : keys.indexOf(from)
  for (let n = 1; n <= keys.length; n++) {
    const key = keys[(((start + n * step) % keys.length) + keys.length) % keys.length]
    if (key !== undefined && key !== from && (!unread || unreadKeys.has(key))) return key
  }
  return null
}

export interface OverlaysProps {
  readonly replica: Replica
  readonly overlays: Overlays
  readonly drafts: Drafts
}

export function Overlays(props: OverlaysProps): JSX.Element {
  const i18n = useI18n()
  const shared = createPlainView(() => pendingShare)
  const commands = createCommands(
    () => props.replica,
    () => props.overlays,
  )
  const close = (): void => {
    props.overlays.show(null)
  }
  return (
    <Switch>
      <Match when={shared()} keyed>
        {(text) => (
          <GoTo
            title={i18n.t('share.title')}
            workspace={props.replica.workspace}
            commands={[]}
            opened={props.overlays.opened()}
            onGo={(route) => {
              if (route.name !== 'conversation') return
              props.drafts.add(route.id, text)
              goTo(route)
            }}
            onClose={forgetShare}
          />
        )}
      </Match>
      <Match when={props.overlays.shown() === 'palette'}>
        <GoTo workspace={props.replica.workspace} commands={commands()} opened={props.overlays.opened()} onGo={goTo} onClose={close} />
      </Match>
      <Match when={props.overlays.shown() === 'shortcuts'}>
        <ShortcutList onClose={close} />
      </Match>
      <Match when={props.overlays.shown() === 'channel'}>
        <NewChannelDialog
          commands={props.replica}
          onCreated={(id) => {
            goTo({ name: 'conversation', id })
          }}
          onClose={close}
        />
      </Match>
    </Switch>
  )
}

/** All that the palette can do, in words of the language chosen now. */
function createCommands(replica: Accessor<Replica>, overlays: Accessor<Overlays>): Accessor<readonly Command[]> {
  const i18n = useI18n()
  const preferences = usePreferences()
  const lock = useLock()
  const lockState = createPlainView(() => lock.state)
  const hasPassphrase = (): boolean => {
    const present = lockState()
    return present.name === 'open' && present.passphrase === 'set'
  }
  const role = createView(
    () => replica().workspace,
    (workspace) => workspace?.myRole ?? 'none',
  )
  return () => [
    ...(['members', 'connection', 'settings'] as const).map((name) => ({
      id: name,
      label: i18n.t(`nav.${name}`),
      run: () => {
        goTo({ name })
      },
    })),
    ...(mayCreateChannel(role())
      ? [
          {
            id: 'channel',
            label: i18n.t('channel.new'),
            run: () => {
              overlays().show('channel')
            },
          },
        ]
      : []),
    ...(hasPassphrase()
      ? [
          {
            id: 'lock',
            label: i18n.t('lock.command'),
            run: () => {
              lock.lock().catch(reportError)
            },
          },
        ]
      : []),
    {
      id: 'read-all',
      label: i18n.t('shortcut.readAll'),
      run: () => {
        markAllRead(replica())
      },
    },
    {
      id: 'shortcuts',
      label: i18n.t('shortcuts.title'),
      run: () => {
        overlays().show('shortcuts')
      },
    },
    {
      id: 'devtools',
      label: i18n.t('devtools.title'),
      run: () => {
        overlays().toggleDevtools()
      },
    },
    ...themes.map((theme) => ({
      id: `theme-${theme}`,
      label: `${i18n.t('settings.theme')}: ${i18n.t(`theme.${theme}`)}`,
      run: () => {
        preferences.setTheme(theme)
      },
    })),
    ...languages.map((language) => ({
      id: `language-${language}`,
      label: `${i18n.t('language.label')}: ${i18n.t(`language.${language}`)}`,
      run: () => {
        i18n.setLanguage(language)
      },
    })),
  ]
}
