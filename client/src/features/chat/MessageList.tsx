/** All messages of a conversation, painted where they are looked at, and a voice for those who do not see new ones come. */
import { EmptyState } from '@poruch/ui'
import type { MessageView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { For, Show, createEffect, createMemo, createSignal, onMount, untrack } from 'solid-js'
import { Virtualizer } from 'virtua/solid'
import { useI18n } from '../../app/i18n.ts'
import { personName } from '../../app/person-name.ts'
import { JumpButtons } from './JumpButtons.tsx'
import { MessageRow, goneText } from './MessageRow.tsx'
import { createMessageScroll, startMarginPx } from './create-message-scroll.ts'
import type { MessageScroll } from './create-message-scroll.ts'

export interface MessageListProps {
  readonly messages: readonly MessageView[]
  /** Nothing is known of what there is: it is not said to be missing, and what then comes is not new. */
  readonly isReading: boolean
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
        aria-busy={props.isReading}
        tabIndex={0}
        ref={setScroller}
        onScroll={(event) => {
          scroll.onScroll(event.currentTarget)
        }}
      >
        <Show when={props.messages.length > 0} fallback={<NoMessages isReading={props.isReading} />}>
          <Show when={scroller()}>
            {(element) => (
              <Rows
                messages={props.messages}
                isReading={props.isReading}
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
      <Announcer messages={props.messages} isReading={props.isReading} />
    </div>
  )
}

/** Lines of a first screen, of several lengths; others than those of real messages would jump no less. */
const readingRows = ['long', 'short', 'long', 'middle', 'short', 'middle'] as const

/** Nothing is said to be missing before it is known. */
function NoMessages(props: { readonly isReading: boolean }): JSX.Element {
  const i18n = useI18n()
  return (
    <Show when={props.isReading} fallback={<EmptyState title={i18n.t('chat.empty')} hint={i18n.t('chat.emptyHint')} />}>
      <div class="reading-rows" role="status">
        <span class="visually-hidden">{i18n.t('chat.reading')}</span>
        <For each={readingRows}>
          {(length) => (
            <div class="reading-row" aria-hidden="true">
              <span class="reading-face" />
              <span class="skeleton-line" data-length={length} />
            </div>
          )}
        </For>
      </div>
    </Show>
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
function Announcer(props: Pick<MessageListProps, 'messages' | 'isReading'>): JSX.Element {
  const i18n = useI18n()
  const [spoken, setSpoken] = createSignal('')
  createEffect((before: { readonly id: string | undefined; readonly isReading: boolean } | null) => {
    const now = { id: props.messages.at(-1)?.id, isReading: props.isReading }
    // What was stored is not new.
    if (before && !before.isReading && before.id !== now.id) untrack(() => say(props.messages.at(-1)))
    return now
  }, null)
  const say = (newest: MessageView | undefined): void => {
    if (newest?.mine !== false) return
    const text = newest.erased ? goneText(i18n, newest) : newest.text
    setSpoken(i18n.t('chat.announce', { name: personName(i18n, newest.authorName), text }))
  }
  return (
    <div class="visually-hidden" aria-live="polite" aria-atomic="true">
      {spoken()}
    </div>
  )
}
