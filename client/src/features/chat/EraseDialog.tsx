/** Asks before a message is taken from everybody: nothing brings it back. */
import type { MessageView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { ConfirmDialog } from '../../app/ConfirmDialog.tsx'
import { useI18n } from '../../app/i18n.ts'

export interface EraseDialogProps {
  readonly message: Pick<MessageView, 'text'>
  readonly onErase: () => Promise<void>
  readonly onClose: () => void
}

export function EraseDialog(props: EraseDialogProps): JSX.Element {
  const i18n = useI18n()
  return (
    <ConfirmDialog
      title={i18n.t('erase.question')}
      hint={i18n.t('erase.hint')}
      quote={props.message.text}
      confirm={i18n.t('erase.confirm')}
      onConfirm={props.onErase}
      onClose={props.onClose}
    />
  )
}
