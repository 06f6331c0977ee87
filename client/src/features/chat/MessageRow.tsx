/** One message: under its author's name where a group begins, else only its text. */
import { Avatar } from '@poruch/ui'
import type { MessageView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { personName } from '../../app/person-name.ts'
import { DeliveryMark } from './DeliveryMark.tsx'
import { FormattedText } from './FormattedText.tsx'
import { startsDay, startsGroup } from './message-groups.ts'

export interface MessageRowProps {
  readonly message: MessageView
  readonly previous: MessageView | undefined
  /** The newest message of one's own: its delivery is written out. */
  readonly isNewestOwn: boolean
  /** The line "new" stands over it. */
  readonly isFirstUnread: boolean
  /** Among all, of which few are in the page. */
  readonly position: { readonly index: number; readonly count: number }
}

export function MessageRow(props: MessageRowProps): JSX.Element {
  const i18n = useI18n()
  const isHead = (): boolean => startsGroup(props.message, props.previous)
  const name = (): string => personName(i18n, props.message.authorName)
  return (
    <div role="listitem" aria-posinset={props.position.index + 1} aria-setsize={props.position.count}>
      <Show when={startsDay(props.message, props.previous)}>
        <p class="day-line">{i18n.day(props.message.wallTime)}</p>
      </Show>
      <Show when={props.isFirstUnread}>
        <p class="new-line">{i18n.t('chat.newLine')}</p>
      </Show>
      <div class="message" data-head={isHead()}>
        <div class="message-gutter">
          <Show when={isHead()} fallback={<Time wallTime={props.message.wallTime} />}>
            <Avatar id={props.message.author} name={props.message.authorName} />
          </Show>
        </div>
        <div>
          <Show when={isHead()}>
            <p class="message-head">
              <span class="message-author">{name()}</span>
              <Time wallTime={props.message.wallTime} />
            </p>
          </Show>
          <div class="message-body">
            <div class="message-text" dir="auto">
              <FormattedText text={props.message.text} />
            </div>
            <DeliveryMark delivery={props.message.delivery} inFull={props.isNewestOwn} />
          </div>
        </div>
      </div>
    </div>
  )
}

function Time(props: { readonly wallTime: number }): JSX.Element {
  const i18n = useI18n()
  return (
    <time class="message-time" dateTime={new Date(props.wallTime).toISOString()} title={i18n.moment(props.wallTime)}>
      {i18n.time(props.wallTime)}
    </time>
  )
}
