/** Puts a conversation on the page, with drafts that are kept in memory. */
import type { View } from '@poruch/base'
import type { ConversationId, ConversationView } from '@poruch/replica'
import { Conversation } from '../features/chat/Conversation.tsx'
import { createDrafts } from '../features/chat/drafts.ts'
import { channel, makePlainDevice } from './people.ts'
import { show } from './show.tsx'

const sendNothing = async (): Promise<void> => Promise.resolve()
const noTyping = (): void => undefined

export function showConversation(
  view: View<ConversationView>,
  onSend: (id: ConversationId, text: string) => Promise<void> = sendNothing,
  unread = 0,
): void {
  const device = makePlainDevice({ name: 'member' })
  show(() => {
    const drafts = createDrafts(() => device)
    return (
      <Conversation
        id={channel}
        conversation={view}
        title="general"
        drafts={drafts}
        unread={() => unread}
        onTyping={noTyping}
        onSend={onSend}
      />
    )
  })
}
