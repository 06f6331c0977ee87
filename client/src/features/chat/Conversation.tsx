/** One conversation: its messages and the place to write. */
import { createPlainView } from '@poruch/ui'
import type { View } from '@poruch/base'
import type { ConversationId, ConversationView, MessageView, Replica } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show, createSignal, untrack } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { Composer } from './Composer.tsx'
import { EraseDialog } from '../../app/parts.tsx'
import { usePreferences } from '../../app/preferences.ts'
import { MessageList } from './MessageList.tsx'
import { TypingLine } from './TypingLine.tsx'
import { createTyping } from './create-typing.ts'
import { createUnreadLine } from './create-unread-line.ts'
import type { Drafts } from './drafts.ts'
import './chat.css'

export interface ConversationProps {
  readonly id: ConversationId
  readonly conversation: View<ConversationView>
  readonly title: string
  readonly drafts: Drafts
  /** How many messages of others were not read when it is asked. */
  readonly unread: () => number
  readonly onSend: (id: ConversationId, text: string) => Promise<void>
  readonly onTyping: Replica['setTyping']
  /** Absent where nothing can be erased. */
  readonly onErase?: Replica['erase']
  /** Whose right to erase reaches the messages of others. */
  readonly isAdmin?: boolean
}

/** For one conversation all its life: its owner makes another for another. */
export function Conversation(props: ConversationProps): JSX.Element {
  const i18n = useI18n()
  const conversation = createPlainView(() => props.conversation)
  // Of what is being read the oldest comes first: nobody wants to see that go by.
  const messages = (): ConversationView['messages'] => (conversation().isReading ? [] : conversation().messages)
  const line = createUnreadLine({ messages, unread: () => props.unread() })
  const typing = createTyping(
    untrack(() => props.id),
    { setTyping: (id, isTyping) => props.onTyping(id, isTyping) },
    usePreferences().tellsTyping,
  )
  const [toEnd, setToEnd] = createSignal<() => void>(() => undefined)
  let element: HTMLElement | undefined
  let isErased = false
  const [erasing, setErasing] = createSignal<MessageView | null>(null)
  const erase = async (): Promise<void> => {
    const message = erasing()
    if (message) await props.onErase?.(props.id, message.id)
    isErased = true
  }
  const eraserOf = (message: MessageView): (() => void) | undefined =>
    props.onErase && conversation().readOnly === null && (message.mine || props.isAdmin === true)
      ? () => void setErasing(message)
      : undefined
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return
    line.clear()
    toEnd()()
  }
  const send = async (text: string): Promise<void> => {
    typing.ended()
    const sending = props.onSend(props.id, text)
    toEnd()()
    await sending
  }
  return (
    <div
      class="conversation"
      ref={(own) => {
        element = own
      }}
      onKeyDown={onKeyDown}
    >
      <MessageList
        messages={messages()}
        isReading={conversation().isReading}
        firstUnread={line.firstUnread()}
        eraserOf={eraserOf}
        onReady={(go) => setToEnd(() => go)}
      />
      <TypingLine typing={conversation().typing} />
      <Show
        when={conversation().readOnly}
        fallback={
          <Composer
            title={props.title}
            draft={props.drafts.read(props.id)}
            onDraft={(text, sending) => {
              props.drafts.write(props.id, text, sending)
              typing.typed(text)
            }}
            onSend={send}
          />
        }
      >
        {(reason) => (
          <p class="read-only" role="status">
            {i18n.t(`readOnly.${reason()}`)}
          </p>
        )}
      </Show>
      <Show when={erasing()}>
        {(message) => (
          <EraseDialog
            message={message()}
            onErase={erase}
            onClose={() => {
              setErasing(null)
              if (isErased) scrollerIn(element)?.focus()
              isErased = false
            }}
          />
        )}
      </Show>
    </div>
  )
}

/** The button that had the focus may be gone with its message. */
function scrollerIn(element: HTMLElement | undefined): HTMLElement | null {
  return element?.querySelector('.message-scroller') ?? null
}
