/** A modal dialog over the native element, which keeps the focus inside and gives it back. */
import type { JSX } from 'solid-js'
import { createUniqueId, onCleanup, onMount } from 'solid-js'
import { Button } from './Button.tsx'

export interface DialogProps {
  readonly title: string
  /** Called when it was dismissed by Escape; the owner then takes it out of the tree. */
  readonly onClose: () => void
  readonly children: JSX.Element
}

/** Open for as long as it is in the tree. */
export function Dialog(props: DialogProps): JSX.Element {
  const titleId = createUniqueId()
  let dialog: HTMLDialogElement | undefined
  onMount(() => dialog?.showModal())
  // Taken out of the tree while open it would leave the focus nowhere; closing gives it back.
  onCleanup(() => dialog?.close())
  return (
    <dialog
      ref={(element) => {
        dialog = element
      }}
      class="dialog"
      aria-labelledby={titleId}
      on:cancel={(event: Event) => {
        event.preventDefault()
        props.onClose()
      }}
    >
      <div class="dialog-body">
        <h2 id={titleId} class="dialog-title">
          {props.title}
        </h2>
        {props.children}
      </div>
    </dialog>
  )
}

export interface DialogActionsProps {
  readonly cancel: string
  readonly onCancel: () => void
  /** What the dialog is for. */
  readonly act: string
  readonly kind?: 'primary' | 'danger'
  readonly isDisabled: boolean
  /** Absent where the row stands in a form: then it is submitted. */
  readonly onAct?: () => void
}

/** The row at a dialog's end: the way back first, then the deed. */
export function DialogActions(props: DialogActionsProps): JSX.Element {
  return (
    <div class="dialog-actions">
      <Button
        onClick={() => {
          props.onCancel()
        }}
      >
        {props.cancel}
      </Button>
      <Button
        kind={props.kind ?? 'primary'}
        type={props.onAct ? 'button' : 'submit'}
        disabled={props.isDisabled}
        onClick={() => {
          props.onAct?.()
        }}
      >
        {props.act}
      </Button>
    </div>
  )
}
