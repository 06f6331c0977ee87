/** The newest messages, earlier ones on demand, and a voice for those who do not see new ones come. */
import { Button, EmptyState } from '@poruch/ui'
import type { MessageView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { For, Show, createEffect, createMemo, createSignal, on } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { personName } from '../../app/person-name.ts'
import { MessageRow } from './MessageRow.tsx'

export interface MessageListProps {
  readonly messages: readonly MessageView[]
  readonly hasEarlier: boolean
  readonly onEarlier: () => void
}

export function MessageList(props: MessageListProps): JSX.Element {
  const i18n = useI18n()
  const newestOwn = createMemo(() => props.messages.findLast((message) => message.mine)?.id)
  return (
    <>
      <div class="message-scroller" role="region" aria-label={i18n.t('chat.messages')} tabIndex={0}>
        <Show when={props.messages.length > 0} fallback={<EmptyState title={i18n.t('chat.empty')} hint={i18n.t('chat.emptyHint')} />}>
          <div class="message-column">
            <Show when={props.hasEarlier}>
              <div class="earlier">
                <Button
                  size="small"
                  onClick={() => {
                    props.onEarlier()
                  }}
                >
                  {i18n.t('chat.earlier')}
                </Button>
              </div>
            </Show>
            <ol aria-label={i18n.t('chat.messages')}>
              <For each={props.messages}>
                {(message, index) => (
                  <MessageRow message={message} previous={props.messages[index() - 1]} isNewestOwn={message.id === newestOwn()} />
                )}
              </For>
            </ol>
          </div>
        </Show>
      </div>
      <Announcer messages={props.messages} />
    </>
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
        if (newest && !newest.mine) setSpoken(i18n.t('chat.announce', { name: personName(i18n, newest.authorName), text: newest.text }))
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
