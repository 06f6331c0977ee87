/** Who is in the workspace, who wants in, and by which invitations. */
import { Button, createView } from '@poruch/ui'
import type { View } from '@poruch/base'
import type { ConnectionView, MemberView, WorkspaceView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { For, Show, createMemo, createSignal } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { personName } from '../../app/person-name.ts'
import { ConfirmDialog } from '../../app/ConfirmDialog.tsx'
import { Invitations } from './Invitations.tsx'
import { JoinRequests } from './JoinRequests.tsx'
import { LateMessages } from './LateMessages.tsx'
import { MemberRow } from './MemberRow.tsx'
import { OwnerChanges } from './OwnerChanges.tsx'
import { OwnerDialog } from './OwnerDialog.tsx'
import { RelaySection } from './RelaySection.tsx'
import type { MemberCommands } from './commands.ts'
import { isAdmin, mayChangeOwner, mayRemove } from '../../app/rights.ts'
import './members.css'

export interface MembersProps {
  readonly workspace: View<WorkspaceView | null>
  readonly connection: View<ConnectionView>
  readonly commands: MemberCommands
}

export function Members(props: MembersProps): JSX.Element {
  const workspace = createView(() => props.workspace)
  const connection = createView(() => props.connection)
  return (
    <Show when={workspace()}>
      {(present) => (
        <div class="page">
          <Show when={isAdmin(present().myRole)}>
            <JoinRequests requests={present().requests} names={present().members.map(({ name }) => name)} commands={props.commands} />
          </Show>
          <OwnerChanges proposals={present().proposals} members={present().members} commands={props.commands} />
          <MemberList workspace={present()} commands={props.commands} />
          <Show when={isAdmin(present().myRole)}>
            <Invitations invitations={present().invitations} hasRelay={connection().steward === null} commands={props.commands} />
            <LateMessages late={present().late} commands={props.commands} />
          </Show>
          <Show when={present().myRole !== 'none'}>
            <RelaySection
              connection={props.connection}
              role={present().myRole}
              owners={present().members.filter(({ role }) => role === 'owner').length}
              onMove={props.commands.moveRelay}
              onSteward={props.commands.becomeSteward}
              onMoved={() => location.reload()}
            />
            <LeaveButton commands={props.commands} />
          </Show>
        </div>
      )}
    </Show>
  )
}

function MemberList(props: { readonly workspace: WorkspaceView; readonly commands: MemberCommands }): JSX.Element {
  const i18n = useI18n()
  const [leaving, setLeaving] = createSignal<MemberView | null>(null)
  const [rising, setRising] = createSignal<MemberView | null>(null)
  const owners = (): number => props.workspace.members.filter(({ role }) => role === 'owner').length
  const sorted = createMemo(() => {
    const collator = new Intl.Collator(i18n.language())
    return props.workspace.members.toSorted((a, b) => collator.compare(a.name, b.name))
  })
  return (
    <section class="page-section">
      <h2>{i18n.plural('members.count', sorted().length)}</h2>
      <ul class="rows" aria-label={i18n.t('members.list')}>
        <For each={sorted()}>
          {(member) => (
            <MemberRow
              member={member}
              canRemove={!member.isMe && mayRemove(props.workspace.myRole, member.role)}
              onRemove={() => setLeaving(member)}
              onOwner={mayChangeOwner(props.workspace.myRole, member.role, owners()) ? () => setRising(member) : undefined}
            />
          )}
        </For>
      </ul>
      <Show when={leaving()}>
        {(member) => (
          <ConfirmDialog
            title={i18n.t('members.removeTitle', { name: personName(i18n, member().name) })}
            hint={i18n.t('members.removeHint')}
            confirm={i18n.t('members.remove')}
            onConfirm={() => props.commands.removeMember(member().user)}
            onClose={() => setLeaving(null)}
          />
        )}
      </Show>
      <Show when={rising()}>
        {(member) => <OwnerDialog member={member()} owners={owners()} commands={props.commands} onClose={() => setRising(null)} />}
      </Show>
    </section>
  )
}

function LeaveButton(props: { readonly commands: MemberCommands }): JSX.Element {
  const i18n = useI18n()
  const [isOpen, setOpen] = createSignal(false)
  return (
    <section class="page-section">
      <Button onClick={() => setOpen(true)}>{i18n.t('members.leave')}</Button>
      <Show when={isOpen()}>
        <ConfirmDialog
          title={i18n.t('members.leaveTitle')}
          hint={i18n.t('members.leaveHint')}
          confirm={i18n.t('members.leaveConfirm')}
          onConfirm={() => props.commands.leave()}
          onClose={() => setOpen(false)}
        />
      </Show>
    </section>
  )
}
