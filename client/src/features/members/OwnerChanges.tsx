/** What waits for more than half of the owners: changes of owners, and of the relay. */
import { Avatar, Button, copyOf } from '@poruch/ui'
import type { MemberView, OwnerProposal } from '@poruch/replica'
import Server from 'lucide-solid/icons/server'
import type { JSX } from 'solid-js'
import { For, Show } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'
import { personName } from '../../app/person-name.ts'
import type { MemberCommands } from './commands.ts'

export interface OwnerChangesProps {
  readonly proposals: readonly OwnerProposal[]
  readonly members: readonly MemberView[]
  readonly commands: Pick<MemberCommands, 'approve' | 'withdraw'>
}

/** Nothing while none waits. */
export function OwnerChanges(props: OwnerChangesProps): JSX.Element {
  const i18n = useI18n()
  return (
    <Show when={props.proposals.length > 0}>
      <section class="page-section" aria-labelledby="owner-changes">
        <h2 id="owner-changes">{i18n.t('owners.title')}</h2>
        <p class="soft">{i18n.t('owners.hint')}</p>
        <ul class="rows" aria-label={i18n.t('owners.title')}>
          <For each={props.proposals}>
            {(proposal) => <ProposalRow proposal={proposal} members={props.members} commands={props.commands} />}
          </For>
        </ul>
      </section>
    </Show>
  )
}

interface ProposalRowProps extends Pick<OwnerChangesProps, 'members' | 'commands'> {
  readonly proposal: OwnerProposal
}

function ProposalRow(props: ProposalRowProps): JSX.Element {
  const i18n = useI18n()
  const approve = createAction(() => props.commands.approve(copyOf(props.proposal)))
  const withdraw = createAction(() => props.commands.withdraw(copyOf(props.proposal)))
  const nameOf = (user: string): string => personName(i18n, props.members.find((member) => member.user === user)?.name ?? '')
  const isBusy = (): boolean => approve.isBusy() || withdraw.isBusy()
  const about = (): string | null => ('sequencer' in props.proposal ? props.proposal.steward : props.proposal.user)
  const what = (): string => {
    const name = nameOf(about() ?? '')
    if (!('sequencer' in props.proposal)) return i18n.t(props.proposal.role === 'owner' ? 'owners.makes' : 'owners.unmakes', { name })
    return props.proposal.steward ? i18n.t('owners.steward', { name }) : i18n.t('owners.relay')
  }
  const iAgreed = (): boolean => props.proposal.by.some((user) => props.members.some((member) => member.isMe && member.user === user))
  return (
    <li>
      <Show when={about()} fallback={<Server size={20} aria-hidden="true" />}>
        {(user) => <Avatar id={user()} name={nameOf(user())} />}
      </Show>
      <div>
        <p class="row-name">{what()}</p>
        <p class="row-facts">
          <span>{i18n.t('owners.agreed', { names: new Intl.ListFormat(i18n.language()).format(props.proposal.by.map(nameOf)) })}</span>
          <span>{i18n.t('owners.count', { count: props.proposal.by.length, needed: props.proposal.needed })}</span>
        </p>
        <Show when={'sequencer' in props.proposal && props.proposal.by.length >= props.proposal.needed}>
          <p>{i18n.t('owners.enough')}</p>
        </Show>
        <ErrorLine code={approve.code() ?? withdraw.code()} />
      </div>
      <div class="row-actions">
        <Show
          when={iAgreed()}
          fallback={
            <Button
              size="small"
              kind="primary"
              disabled={isBusy()}
              aria-label={i18n.t('owners.agreeTo', { what: what() })}
              onClick={() => void approve.run()}
            >
              {i18n.t('owners.agree')}
            </Button>
          }
        >
          <Button
            size="small"
            disabled={isBusy()}
            aria-label={i18n.t('owners.withdrawOf', { what: what() })}
            onClick={() => void withdraw.run()}
          >
            {i18n.t('owners.withdraw')}
          </Button>
        </Show>
      </div>
    </li>
  )
}
