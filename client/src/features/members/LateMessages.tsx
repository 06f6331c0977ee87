/** What a removal left undecided: an admin admits it, or it stays unshown. */
import { Avatar, Button, copyOf } from '@poruch/ui'
import type { LateMessage } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { For, Show } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'
import { personName } from '../../app/person-name.ts'
import type { MemberCommands } from './commands.ts'

export interface LateMessagesProps {
  readonly late: readonly LateMessage[]
  readonly commands: Pick<MemberCommands, 'admitLate'>
}

export function LateMessages(props: LateMessagesProps): JSX.Element {
  const i18n = useI18n()
  return (
    <Show when={props.late.length > 0}>
      <section class="page-section" aria-labelledby="late-messages">
        <h2 id="late-messages">{i18n.t('late.title')}</h2>
        <p class="soft">{i18n.t('late.hint')}</p>
        <ul class="rows" aria-label={i18n.t('late.list')}>
          <For each={props.late}>
            {(message) => <LateRow message={message} name={personName(i18n, message.authorName)} commands={props.commands} />}
          </For>
        </ul>
      </section>
    </Show>
  )
}

interface LateRowProps {
  readonly message: LateMessage
  readonly name: string
  readonly commands: Pick<MemberCommands, 'admitLate'>
}

function LateRow(props: LateRowProps): JSX.Element {
  const i18n = useI18n()
  const action = createAction(() => props.commands.admitLate(copyOf(props.message)))
  return (
    <li>
      <Avatar id={props.message.author} name={props.name} />
      <div>
        <p class="row-name">{props.message.text}</p>
        <p class="row-facts">
          <span>{props.name}</span>
          <span>{i18n.moment(props.message.wallTime)}</span>
        </p>
        <ErrorLine code={action.code()} />
      </div>
      <div class="row-actions">
        <Button
          size="small"
          disabled={action.isBusy()}
          aria-label={i18n.t('late.admitName', { name: props.name })}
          onClick={() => void action.run()}
        >
          {i18n.t('late.admit')}
        </Button>
      </div>
    </li>
  )
}
