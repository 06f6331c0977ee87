/** A modal dialog over the native element, which keeps the focus inside and gives it back. */
import type { JSX } from 'solid-js'
import { createUniqueId, onCleanup, onMount } from 'solid-js'

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
