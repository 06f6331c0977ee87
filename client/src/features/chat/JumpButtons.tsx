/** The ways to what is new: to the first unread message over the screen, and to the newest one under it. */
import { Button } from '@poruch/ui'
import type { MessageView } from '@poruch/replica'
import ArrowDown from 'lucide-solid/icons/arrow-down'
import ArrowUp from 'lucide-solid/icons/arrow-up'
import type { JSX } from 'solid-js'
import { Show, createMemo } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import type { MessageScroll } from './create-message-scroll.ts'
import { countAfter } from './new-messages.ts'

export interface JumpButtonsProps {
  readonly messages: readonly MessageView[]
  readonly scroll: MessageScroll
  /** Of the first unread message, or −1. */
  readonly unreadIndex: number
}

export function JumpButtons(props: JumpButtonsProps): JSX.Element {
  const i18n = useI18n()
  /** The newest message that was there when the reader left the end. */
  const seen = createMemo<string | null>((before) => (props.scroll.isAtEnd() ? (props.messages.at(-1)?.id ?? null) : before), null)
  const below = createMemo(() => (props.scroll.isAtEnd() ? 0 : countAfter(props.messages, seen())))
  return (
    <>
      <Show when={props.unreadIndex >= 0 && props.unreadIndex < props.scroll.top()}>
        <div class="jump" data-at="start">
          <Button
            size="small"
            onClick={() => {
              props.scroll.toRow(props.unreadIndex)
            }}
          >
            <ArrowUp size={14} aria-hidden="true" />
            {i18n.t('chat.toFirstUnread')}
          </Button>
        </div>
      </Show>
      <Show when={!props.scroll.isAtEnd()}>
        <div class="jump" data-at="end">
          <Button
            size="small"
            onClick={() => {
              props.scroll.toEnd()
            }}
          >
            <ArrowDown size={14} aria-hidden="true" />
            {below() > 0 ? i18n.plural('chat.newBelow', below()) : i18n.t('chat.toLatest')}
          </Button>
        </div>
      </Show>
    </>
  )
}
