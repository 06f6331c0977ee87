/** Asks once more before what cannot be undone. */
import { Dialog, DialogActions } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { ErrorLine } from './ErrorLine.tsx'
import { createAction } from './create-action.ts'
import { useI18n } from './i18n.ts'

export interface ConfirmDialogProps {
  readonly title: string
  readonly hint: string
  /** What else is to be known before. */
  readonly more?: string
  /** What it is about, in somebody's own words. */
  readonly quote?: string
  readonly confirm: string
  /** `danger` unless said otherwise. */
  readonly kind?: 'primary' | 'danger'
  /** The dialog stays, with the reason, when it fails. */
  readonly onConfirm: () => Promise<unknown>
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
      <Show when={props.quote}>
        <p class="confirm-quote" dir="auto">
          {props.quote}
        </p>
      </Show>
      <p>{props.hint}</p>
      <Show when={props.more}>
        <p>{props.more}</p>
      </Show>
      <ErrorLine code={action.code()} />
      <DialogActions
        cancel={i18n.t('action.cancel')}
        onCancel={() => props.onClose()}
        act={props.confirm}
        kind={props.kind ?? 'danger'}
        isDisabled={action.isBusy()}
        onAct={() => void confirm()}
      />
    </Dialog>
  )
}
