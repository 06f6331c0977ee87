/** Makes an invitation and shows its link. */
import { Checkbox, Dialog, DialogActions, Field, SelectField } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show, createSignal } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import type { AppI18n } from '../../app/i18n.ts'
import { useI18n } from '../../app/i18n.ts'
import { InvitationLink } from './InvitationLink.tsx'
import type { MemberCommands } from './commands.ts'

type InviteRole = 'viewer' | 'commenter' | 'editor'

const hourMs = 3_600_000
const validHours = [1, 24, 168, 720] as const
const usesMax = 1_000
const inviteRoles: readonly InviteRole[] = ['editor', 'commenter', 'viewer']

export interface InviteDialogProps {
  readonly commands: Pick<MemberCommands, 'createInvitation'>
  readonly onClose: () => void
}

export function InviteDialog(props: InviteDialogProps): JSX.Element {
  const i18n = useI18n()
  const [link, setLink] = createSignal<string | null>(null)
  return (
    <Dialog
      title={i18n.t('invitations.new')}
      onClose={() => {
        props.onClose()
      }}
    >
      <Show when={link()} fallback={<InviteForm commands={props.commands} onLink={setLink} onClose={() => props.onClose()} />}>
        {(made) => <InvitationLink link={made()} onClose={() => props.onClose()} />}
      </Show>
    </Dialog>
  )
}

function durationText(i18n: AppI18n, hours: number): string {
  return hours < 24 ? i18n.plural('invitations.hours', hours) : i18n.plural('invitations.days', hours / 24)
}

function InviteForm(props: InviteDialogProps & { readonly onLink: (link: string) => void }): JSX.Element {
  const i18n = useI18n()
  const [role, setRole] = createSignal<InviteRole>('editor')
  const [hours, setHours] = createSignal(168)
  const [uses, setUses] = createSignal('1')
  const [approval, setApproval] = createSignal(true)
  const hasUses = (): boolean => /^[0-9]+$/u.test(uses()) && Number(uses()) >= 1 && Number(uses()) <= usesMax
  const action = createAction(async () => {
    const wanted = { role: role(), validForMs: hours() * hourMs, maxUses: Number(uses()), approval: approval() }
    const { link } = await props.commands.createInvitation(wanted)
    props.onLink(link)
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    void action.run()
  }
  return (
    <form onSubmit={submit} noValidate>
      <SelectField
        label={i18n.t('invitations.role')}
        value={role()}
        options={inviteRoles.map((value) => ({ value, label: i18n.t(`role.${value}`) }))}
        onInput={(value) => setRole(value as InviteRole)}
      />
      <SelectField
        label={i18n.t('invitations.expiry')}
        value={String(hours())}
        options={validHours.map((value) => ({ value: String(value), label: durationText(i18n, value) }))}
        onInput={(value) => setHours(Number(value))}
      />
      <Field
        label={i18n.t('invitations.uses')}
        type="number"
        min={1}
        max={usesMax}
        value={uses()}
        error={hasUses() ? undefined : i18n.t('invitations.usesBad')}
        onInput={setUses}
      />
      <Checkbox label={i18n.t('invitations.approval')} checked={approval()} onInput={setApproval} />
      <ErrorLine code={action.code()} />
      <DialogActions
        cancel={i18n.t('action.cancel')}
        onCancel={() => props.onClose()}
        act={i18n.t('invitations.create')}
        isDisabled={action.isBusy() || !hasUses()}
      />
    </form>
  )
}
