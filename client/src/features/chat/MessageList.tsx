/** All messages of a conversation, painted where they are looked at, and a voice for those who do not see new ones come. */
import { EmptyState } from '@poruch/ui'
import type { MessageView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show, createEffect, createMemo, createSignal, on, onMount } from 'solid-js'
import { Virtualizer } from 'virtua/solid'
import { useI18n } from '../../app/i18n.ts'
import { personName } from '../../app/person-name.ts'
import { JumpButtons } from './JumpButtons.tsx'
import { MessageRow, goneText } from './MessageRow.tsx'
import { createMessageScroll, startMarginPx } from './create-message-scroll.ts'
import type { MessageScroll } from './create-message-scroll.ts'

export interface MessageListProps {
  readonly messages: readonly MessageView[]
  /** Over this message stands the line; null: no line. */
  readonly firstUnread: string | null
  /** Absent for messages that this reader may not take from everybody. */
  readonly eraserOf: (message: MessageView) => (() => void) | undefined
  /** Hears the list's way to its end. */
  readonly onReady: (toEnd: () => void) => void
}

export function MessageList(props: MessageListProps): JSX.Element {
  const i18n = useI18n()
  const [scroller, setScroller] = createSignal<HTMLElement>()
  const scroll = createMessageScroll(() => props.messages.map(({ id }) => id))
  const unreadIndex = createMemo(() => (props.firstUnread === null ? -1 : scroll.ids().lastIndexOf(props.firstUnread)))
  return (
    <div class="message-area">
      <div
        class="message-scroller"
        role="region"
        data-region="messages"
        aria-label={i18n.t('chat.messages')}
        tabIndex={0}
        ref={setScroller}
        onScroll={(event) => {
          scroll.onScroll(event.currentTarget)
        }}
      >
        <Show when={props.messages.length > 0} fallback={<EmptyState title={i18n.t('chat.empty')} hint={i18n.t('chat.emptyHint')} />}>
          <Show when={scroller()}>
            {(element) => (
              <Rows
                messages={props.messages}
                firstUnread={props.firstUnread}
                unreadIndex={unreadIndex()}
                scroll={scroll}
                scroller={element()}
                eraserOf={props.eraserOf}
                onReady={props.onReady}
              />
            )}
          </Show>
        </Show>
      </div>
      <Show when={props.messages.length > 0}>
        <JumpButtons messages={props.messages} scroll={scroll} unreadIndex={unreadIndex()} />
      </Show>
      <Announcer messages={props.messages} />
    </div>
  )
}

interface RowsProps extends MessageListProps {
  readonly unreadIndex: number
  readonly scroll: MessageScroll
  readonly scroller: HTMLElement
}

function Rows(props: RowsProps): JSX.Element {
  const i18n = useI18n()
  const newestOwn = createMemo(() => props.messages.findLast(({ mine, erased }) => mine && !erased)?.id)
  onMount(() => {
    if (props.unreadIndex >= 0) props.scroll.toRow(props.unreadIndex)
    else props.scroll.toEnd()
    props.onReady(props.scroll.toEnd)
  })
  return (
    <div role="list" aria-label={i18n.t('chat.messages')} class="message-column">
      <Virtualizer
        ref={(handle) => {
          props.scroll.take(handle, props.scroller)
        }}
        data={props.scroll.ids()}
        shift={props.scroll.grewAbove()}
        scrollRef={props.scroller}
        startMargin={startMarginPx}
        onResize={() => {
          props.scroll.onResize()
        }}
      >
        {(id, index) => (
          <Show when={props.messages[index()]}>
            {(message) => (
              <MessageRow
                message={message()}
                previous={props.messages[index() - 1]}
                position={{ index: index(), count: props.messages.length }}
                isNewestOwn={id === newestOwn()}
                isFirstUnread={id === props.firstUnread}
                onErase={props.eraserOf(message())}
              />
            )}
          </Show>
        )}
      </Virtualizer>
    </div>
  )
}

/** Says only what others write while the conversation is open. */
function Announcer(props: { readonly messages: readonly MessageView[] }): JSX.Element {
  const i18n = useI18n()
  const [spoken, setSpoken] = createSignal('')
  createEffect(
    on(
      () => props.messages.at(-1)?.id,
      () => {
        const newest = props.messages.at(-1)
        if (newest?.mine !== false) return
        const text = newest.erased ? goneText(i18n, newest) : newest.text
        setSpoken(i18n.t('chat.announce', { name: personName(i18n, newest.authorName), text }))
      },
      { defer: true },
    ),
  )
  return (
    <div class="visually-hidden" aria-live="polite" aria-atomic="true">
      {spoken()}
    </div>
  )
}
