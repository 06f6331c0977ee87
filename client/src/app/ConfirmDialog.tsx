/** Asks once more before what cannot be undone. */
import { Button, Dialog } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { ErrorLine } from './ErrorLine.tsx'
import { createAction } from './create-action.ts'
import { useI18n } from './i18n.ts'

export interface ConfirmDialogProps {
  readonly title: string
  readonly hint: string
  readonly confirm: string
  /** The dialog stays, with the reason, when it fails. */
  readonly onConfirm: () => Promise<void>
  readonly onClose: () => void
}

export function ConfirmDialog(props: ConfirmDialogProps): JSX.Element {
  const i18n = useI18n()
  const action = createAction(() => props.onConfirm())
  const confirm = async (): Promise<void> => {
    if (await action.run()) props.onClose()
  }
  return (
    <Dialog
      title={props.title}
      onClose={() => {
        props.onClose()
      }}
    >
      <p>{props.hint}</p>
      <ErrorLine code={action.code()} />
      <div class="dialog-actions">
        <Button
          onClick={() => {
            props.onClose()
          }}
        >
          {i18n.t('action.cancel')}
        </Button>
        <Button kind="danger" disabled={action.isBusy()} onClick={() => void confirm()}>
          {props.confirm}
        </Button>
      </div>
    </Dialog>
  )
}
