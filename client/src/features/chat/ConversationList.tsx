/** The sidebar's lists: channels, and people with whom a private chat is open or can be opened. */
import { Avatar, Badge, IconButton, createPlainView } from '@poruch/ui'
import type { UserId, View } from '@poruch/base'
import type { ConversationId, Replica, WorkspaceView } from '@poruch/replica'
import BellOff from 'lucide-solid/icons/bell-off'
import Hash from 'lucide-solid/icons/hash'
import PencilLine from 'lucide-solid/icons/pencil-line'
import Plus from 'lucide-solid/icons/plus'
import type { JSX } from 'solid-js'
import { For, Show, createEffect, createMemo, createSignal, onCleanup } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { useMutes } from '../../app/mutes.ts'
import { NewChannelDialog } from '../../app/parts.tsx'
import { hrefOf, keyOf } from '../../app/paths.ts'
import { personName } from '../../app/person-name.ts'
import { conversationRows, mayCreateChannel } from './conversation-rows.ts'
import type { ConversationRow } from './conversation-rows.ts'
import type { Drafts } from './drafts.ts'
import './chat.css'

export interface ConversationListProps {
  readonly workspace: View<WorkspaceView | null>
  readonly open: ConversationId | null
  readonly drafts: Pick<Drafts, 'has'>
  readonly commands: Pick<Replica, 'createChannel'>
  readonly onCreated: (id: ConversationId) => void
}

const inviters: ReadonlySet<string> = new Set(['admin', 'owner'])

export function ConversationList(props: ConversationListProps): JSX.Element {
  const i18n = useI18n()
  const workspace = createPlainView(() => props.workspace)
  const rows = createMemo(() => conversationRows(workspace(), i18n.language()))
  const [isCreating, setCreating] = createSignal(false)
  return (
    <nav class="conversations" aria-label={i18n.t('nav.conversations')}>
      <section>
        <div class="conversations-head">
          <h2>{i18n.t('nav.channels')}</h2>
          <Show when={mayCreateChannel(workspace()?.myRole ?? 'none')}>
            <IconButton label={i18n.t('channel.new')} onPress={() => setCreating(true)}>
              <Plus size={16} aria-hidden="true" />
            </IconButton>
          </Show>
        </div>
        <Rows label={i18n.t('nav.channels')} none={i18n.t('channel.none')} rows={rows().channels} open={props.open} drafts={props.drafts} />
      </section>
      <section>
        <div class="conversations-head">
          <h2>{i18n.t('nav.people')}</h2>
        </div>
        <Rows label={i18n.t('nav.people')} none={i18n.t('people.none')} rows={rows().people} open={props.open} drafts={props.drafts} />
        <Show when={rows().people.size === 0 && inviters.has(workspace()?.myRole ?? 'none')}>
          <p class="conversations-none">
            <a href={hrefOf({ name: 'members' })}>{i18n.t('invitations.new')}</a>
          </p>
        </Show>
      </section>
      <Show when={isCreating()}>
        <NewChannelDialog commands={props.commands} onCreated={props.onCreated} onClose={() => setCreating(false)} />
      </Show>
    </nav>
  )
}

interface RowsProps {
  readonly label: string
  readonly none: string
  readonly rows: ReadonlyMap<string, ConversationRow>
  readonly open: ConversationId | null
  readonly drafts: Pick<Drafts, 'has'>
}

/** More than a screen holds; the others follow frame by frame, so that nobody waits for five hundred rows to see twenty. */
const firstRows = 40
const rowsPerFrame = 40

/** Rows are kept by their key, so that the focus stays where it is while counts change. */
function Rows(props: RowsProps): JSX.Element {
  const keys = createMemo(() => [...props.rows.keys()], undefined, {
    equals: (a, b) => a.length === b.length && a.every((key, index) => key === b[index]),
  })
  const [shown, setShown] = createSignal(firstRows)
  createEffect(() => {
    if (shown() >= keys().length) return
    const next = requestAnimationFrame(() => setShown((count) => count + rowsPerFrame))
    onCleanup(() => {
      cancelAnimationFrame(next)
    })
  })
  const shownKeys = createMemo(() => (shown() >= keys().length ? keys() : keys().slice(0, shown())))
  return (
    <Show when={keys().length > 0} fallback={<p class="conversations-none">{props.none}</p>}>
      <ul aria-label={props.label}>
        <For each={shownKeys()}>
          {(key) => (
            <Show when={props.rows.get(key)}>
              {(row) => {
                const isOpen = (): boolean => props.open !== null && keyOf(props.open) === key
                return <Row row={row()} isOpen={isOpen()} hasDraft={!isOpen() && props.drafts.has(key)} />
              }}
            </Show>
          )}
        </For>
      </ul>
    </Show>
  )
}

function Row(props: { readonly row: ConversationRow; readonly isOpen: boolean; readonly hasDraft: boolean }): JSX.Element {
  const i18n = useI18n()
  const mutes = useMutes()
  const isMuted = (): boolean => mutes.has(keyOf(props.row.id))
  const user = (): UserId | null => (props.row.id.kind === 'direct' ? props.row.id.user : null)
  return (
    <li>
      <a
        class="side-link"
        href={hrefOf({ name: 'conversation', id: props.row.id })}
        aria-current={props.isOpen ? 'page' : undefined}
        data-unread={props.row.unread > 0 && !isMuted()}
        data-muted={isMuted()}
      >
        <Show when={user()} fallback={<Hash size={16} aria-hidden="true" />}>
          {(id) => <Avatar id={id()} name={props.row.title} size="small" isHere={props.row.isHere} />}
        </Show>
        <span class="side-link-text">{personName(i18n, props.row.title)}</span>
        <Show when={props.row.isHere}>
          <span class="visually-hidden">{i18n.t('presence.here')}</span>
        </Show>
        <Show when={props.hasDraft}>
          <span class="side-link-draft" title={i18n.t('chat.draft')}>
            <PencilLine size={14} aria-hidden="true" />
            <span class="visually-hidden">{i18n.t('chat.draft')}</span>
          </span>
        </Show>
        <Show
          when={!isMuted()}
          fallback={
            <>
              <BellOff size={14} aria-hidden="true" />
              <span class="visually-hidden">{i18n.t('mute.muted')}</span>
            </>
          }
        >
          <Badge count={props.row.unread} label={i18n.plural('unread', props.row.unread)} />
        </Show>
      </a>
    </li>
  )
}
