/** For who forgot the passphrase: says what is lost, and makes room for the 24 words. */
import { Button, Dialog } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'

export interface ForgottenDialogProps {
  readonly onErase: () => Promise<void>
  readonly onClose: () => void
}

export function ForgottenDialog(props: ForgottenDialogProps): JSX.Element {
  const i18n = useI18n()
  const erase = createAction(async () => props.onErase())
  return (
    <Dialog
      title={i18n.t('lock.forgottenTitle')}
      onClose={() => {
        props.onClose()
      }}
    >
      <p>{i18n.t('lock.forgottenWhy')}</p>
      <p>{i18n.t('lock.forgottenLoss')}</p>
      <ErrorLine code={erase.code()} />
      <div class="dialog-actions">
        <Button
          onClick={() => {
            props.onClose()
          }}
        >
          {i18n.t('action.cancel')}
        </Button>
        <Button kind="danger" disabled={erase.isBusy()} onClick={() => void erase.run()}>
          {i18n.t('lock.erase')}
        </Button>
      </div>
    </Dialog>
  )
}
