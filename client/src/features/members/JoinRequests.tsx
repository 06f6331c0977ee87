/** People at the door. */
import { Avatar, Button, copyOf } from '@poruch/ui'
import type { JoinRequestView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { For, Show, createMemo } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { SafetyNumber } from '../../app/SafetyNumber.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'
import { lookAlikeOf } from '../../app/look-alike.ts'
import { personName } from '../../app/person-name.ts'
import type { MemberCommands } from './commands.ts'

export interface JoinRequestsProps {
  readonly requests: readonly JoinRequestView[]
  /** Names of those who are in. */
  readonly names: readonly string[]
  readonly commands: Pick<MemberCommands, 'admit' | 'deny'>
}

/** Nothing while nobody waits. */
export function JoinRequests(props: JoinRequestsProps): JSX.Element {
  const i18n = useI18n()
  return (
    <Show when={props.requests.length > 0}>
      <section class="page-section" aria-labelledby="join-requests">
        <h2 id="join-requests">{i18n.t('requests.title')}</h2>
        <p class="soft">{i18n.t('requests.hint')}</p>
        <ul class="rows" aria-label={i18n.t('requests.list')}>
          <For each={props.requests}>{(request) => <RequestRow request={request} names={props.names} commands={props.commands} />}</For>
        </ul>
      </section>
    </Show>
  )
}

interface RequestRowProps extends Pick<JoinRequestsProps, 'names' | 'commands'> {
  readonly request: JoinRequestView
}

function RequestRow(props: RequestRowProps): JSX.Element {
  const i18n = useI18n()
  const admit = createAction(() => props.commands.admit(copyOf(props.request)))
  const deny = createAction(() => props.commands.deny(copyOf(props.request)))
  const isBusy = (): boolean => admit.isBusy() || deny.isBusy()
  const name = (): string => personName(i18n, props.request.name)
  const lookAlike = createMemo(() => lookAlikeOf(props.request.name, props.names))
  return (
    <li>
      <Avatar id={props.request.user} name={props.request.name} />
      <div>
        <p class="row-name">{name()}</p>
        <p class="row-facts">{i18n.t(`role.${props.request.role}`)}</p>
      </div>
      <div class="row-actions">
        <Button size="small" disabled={isBusy()} aria-label={i18n.t('requests.denyName', { name: name() })} onClick={() => void deny.run()}>
          {i18n.t('requests.deny')}
        </Button>
        <Button
          kind="primary"
          size="small"
          disabled={isBusy()}
          aria-label={i18n.t('requests.admitName', { name: name() })}
          onClick={() => void admit.run()}
        >
          {i18n.t('requests.admit')}
        </Button>
      </div>
      <div class="row-more">
        <Show when={lookAlike()}>
          {(other) => <p class="warning-line">{i18n.t('requests.lookAlike', { name: personName(i18n, other()) })}</p>}
        </Show>
        <SafetyNumber digits={props.request.safetyNumber} />
        <ErrorLine code={admit.code() ?? deny.code()} />
      </div>
    </li>
  )
}
