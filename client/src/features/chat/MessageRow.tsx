/** One message: under its author's name where a group begins, else only its text. */
import { Avatar, IconButton } from '@poruch/ui'
import type { MessageView } from '@poruch/replica'
import Trash from 'lucide-solid/icons/trash'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import type { AppI18n } from '../../app/i18n.ts'
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
  /** Absent where this reader may not take it from everybody. */
  readonly onErase?: (() => void) | undefined
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
            <Show
              when={props.message.erased}
              fallback={
                <div class="message-text" dir="auto">
                  <FormattedText text={props.message.text} />
                </div>
              }
            >
              <p class="message-gone">{goneText(i18n, props.message)}</p>
            </Show>
            <DeliveryMark delivery={props.message.delivery} inFull={props.isNewestOwn} />
          </div>
        </div>
        <Show when={props.message.erased ? null : props.onErase}>
          {(erase) => (
            <div class="message-actions">
              <IconButton label={i18n.t('erase.title')} onPress={() => erase()()}>
                <Trash size={16} aria-hidden="true" />
              </IconButton>
            </div>
          )}
        </Show>
      </div>
    </div>
  )
}

/** What stands in the place of a message that was erased. */
export function goneText(i18n: AppI18n, { erased }: MessageView): string {
  return i18n.t('erase.gone', { name: personName(i18n, erased?.name ?? '') })
}

function Time(props: { readonly wallTime: number }): JSX.Element {
  const i18n = useI18n()
  return (
    <Show when={props.wallTime !== 0}>
      <time class="message-time" dateTime={new Date(props.wallTime).toISOString()} title={i18n.moment(props.wallTime)}>
        {i18n.time(props.wallTime)}
      </time>
    </Show>
  )
}
