/** The invitations that are out, and the way to make one. */
import { Button } from '@poruch/ui'
import type { InvitationView } from '@poruch/replica'
import UserPlus from 'lucide-solid/icons/user-plus'
import type { JSX } from 'solid-js'
import { For, Show, createSignal } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'
import { LinkDialog } from './InvitationLink.tsx'
import { InviteDialog } from './InviteDialog.tsx'
import type { MemberCommands } from './commands.ts'

export interface InvitationsProps {
  readonly invitations: readonly InvitationView[]
  /** Without one nobody can come by a link. */
  readonly hasRelay: boolean
  readonly commands: MemberCommands
}

export function Invitations(props: InvitationsProps): JSX.Element {
  const i18n = useI18n()
  const revoke = createAction((id: InvitationView['id']) => props.commands.revokeInvitation(id))
  const [isInviting, setInviting] = createSignal(false)
  const [shown, setShown] = createSignal<InvitationView | null>(null)
  return (
    <section class="page-section" aria-labelledby="invitations">
      <div class="section-head">
        <h2 id="invitations">{i18n.t('invitations.title')}</h2>
        <Show when={props.hasRelay}>
          <Button kind="primary" onClick={() => setInviting(true)}>
            <UserPlus size={16} aria-hidden="true" />
            {i18n.t('invitations.new')}
          </Button>
        </Show>
      </div>
      <Show when={!props.hasRelay}>
        <p>{i18n.t('invitations.noRelay')}</p>
      </Show>
      <ErrorLine code={revoke.code()} />
      <Show when={props.invitations.length > 0} fallback={<p class="soft">{i18n.t('invitations.none')}</p>}>
        <ul class="rows" data-plain="true" aria-label={i18n.t('invitations.list')}>
          <For each={props.invitations}>
            {(invitation) => (
              <InvitationRow
                invitation={invitation}
                isBusy={revoke.isBusy()}
                onShow={() => setShown(invitation)}
                onRevoke={() => void revoke.run(invitation.id)}
              />
            )}
          </For>
        </ul>
      </Show>
      <Show when={shown()} keyed>
        {(invitation) => <LinkDialog invitation={invitation} commands={props.commands} onClose={() => setShown(null)} />}
      </Show>
      <Show when={isInviting()}>
        <InviteDialog commands={props.commands} onClose={() => setInviting(false)} />
      </Show>
    </section>
  )
}

interface InvitationRowProps {
  readonly invitation: InvitationView
  readonly isBusy: boolean
  readonly onShow: () => void
  readonly onRevoke: () => void
}

function InvitationRow(props: InvitationRowProps): JSX.Element {
  const i18n = useI18n()
  const role = (): string => i18n.t(`role.${props.invitation.role}`)
  const time = (): string => i18n.moment(props.invitation.expiresAtMs)
  return (
    <li>
      <div>
        <p class="row-name">{role()}</p>
        <p class="row-facts">
          <span>{i18n.t(`invitations.state.${props.invitation.state}`)}</span>
          <span>{i18n.t('invitations.used', { uses: props.invitation.uses, max: props.invitation.maxUses })}</span>
          <span>{i18n.t('invitations.until', { time: time() })}</span>
        </p>
      </div>
      <div class="row-actions">
        <Show when={props.invitation.state === 'open'}>
          <Button
            size="small"
            aria-label={i18n.t('invitations.showName', { role: role(), time: time() })}
            onClick={() => {
              props.onShow()
            }}
          >
            {i18n.t('invitations.show')}
          </Button>
          <Button
            size="small"
            disabled={props.isBusy}
            aria-label={i18n.t('invitations.revokeName', { role: role(), time: time() })}
            onClick={() => {
              props.onRevoke()
            }}
          >
            {i18n.t('invitations.revoke')}
          </Button>
        </Show>
      </div>
    </li>
  )
}
