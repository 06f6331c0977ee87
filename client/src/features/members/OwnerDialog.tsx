/** Asks before somebody is made an owner, or an owner is made an admin. */
import type { MemberView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { ConfirmDialog } from '../../app/ConfirmDialog.tsx'
import { useI18n } from '../../app/i18n.ts'
import { personName } from '../../app/person-name.ts'
import type { MemberCommands } from './commands.ts'

export interface OwnerDialogProps {
  readonly member: MemberView
  /** How many there are. */
  readonly owners: number
  readonly commands: Pick<MemberCommands, 'propose'>
  readonly onClose: () => void
}

export function OwnerDialog(props: OwnerDialogProps): JSX.Element {
  const i18n = useI18n()
  const isOwner = (): boolean => props.member.role === 'owner'
  return (
    <ConfirmDialog
      title={i18n.t(isOwner() ? 'owners.unmakeTitle' : 'owners.makeTitle', { name: personName(i18n, props.member.name) })}
      hint={i18n.t(isOwner() ? 'owners.unmakeHint' : 'owners.makeHint')}
      {...(props.owners > 1 ? { more: i18n.t('owners.asked') } : {})}
      confirm={i18n.t(isOwner() ? 'owners.unmake' : 'owners.make')}
      kind={isOwner() ? 'danger' : 'primary'}
      onConfirm={() => props.commands.propose({ user: props.member.user, role: isOwner() ? 'admin' : 'owner' })}
      onClose={() => props.onClose()}
    />
  )
}
