/** One conversation: its messages and the place to write. */
import { createView } from '@poruch/ui'
import type { View } from '@poruch/base'
import type { ConversationId, ConversationView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show, createSignal } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { Composer } from './Composer.tsx'
import { MessageList } from './MessageList.tsx'
import type { Drafts } from './drafts.ts'
import './chat.css'

/** Messages painted at first, and how many more each time: some screens full, well under 8 ms to compare. */
const messagesShown = 100

export interface ConversationProps {
  readonly id: ConversationId
  readonly conversation: View<ConversationView>
  readonly title: string
  readonly drafts: Drafts
  readonly onSend: (id: ConversationId, text: string) => Promise<void>
}

/** For one conversation all its life: its owner makes another for another. */
export function Conversation(props: ConversationProps): JSX.Element {
  const i18n = useI18n()
  const [limit, setLimit] = createSignal(messagesShown)
  const conversation = createView(
    () => props.conversation,
    ({ messages, readOnly }) => ({ messages: messages.slice(-limit()), total: messages.length, readOnly }),
  )
  return (
    <div class="conversation">
      <MessageList
        messages={conversation().messages}
        hasEarlier={conversation().total > conversation().messages.length}
        onEarlier={() => setLimit(limit() + messagesShown)}
      />
      <Show
        when={conversation().readOnly}
        fallback={
          <Composer
            title={props.title}
            draft={props.drafts.read(props.id)}
            onDraft={(text) => {
              props.drafts.write(props.id, text)
            }}
            onSend={(text) => props.onSend(props.id, text)}
          />
        }
      >
        {(reason) => (
          <p class="read-only" role="status">
            {i18n.t(`readOnly.${reason()}`)}
          </p>
        )}
      </Show>
    </div>
  )
}
