/** Short messages that pass: something was done, and how to undo it. */
import { Toast, toaster } from '@kobalte/core/toast'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { Portal } from 'solid-js/web'
import { Button } from './Button.tsx'

export interface ToastText {
  readonly text: string
  /** Name of the button that ends it early. */
  readonly closeLabel: string
  readonly action?: { readonly label: string; readonly run: () => void }
}

/** Long enough to read two lines and to reach the button; it waits while the pointer or the focus is on it. */
const toastLifeMs = 6000
/** More at once are not read; the others follow. */
const maxToasts = 3

/** Where toasts appear; once in an app, outside its grid, so that it never covers the composer's row. F8 goes to them. */
export function Toasts(props: { readonly label: string }): JSX.Element {
  return (
    <Portal>
      <Toast.Region duration={toastLifeMs} limit={maxToasts} hotkey={['F8']} aria-label={`${props.label} (F8)`}>
        <Toast.List class="toasts" />
      </Toast.Region>
    </Portal>
  )
}

/** Shows it for six seconds, and says it to those who do not see it. */
export function showToast(toast: ToastText): void {
  toaster.show((shown) => (
    <Toast toastId={shown.toastId} class="floating toast">
      <Toast.Title class="toast-text">{toast.text}</Toast.Title>
      <Show when={toast.action}>
        {(action) => (
          <Button
            size="small"
            kind="quiet"
            onClick={() => {
              action().run()
              toaster.dismiss(shown.toastId)
            }}
          >
            {action().label}
          </Button>
        )}
      </Show>
      <Toast.CloseButton class="icon-button" aria-label={toast.closeLabel}>
        <span aria-hidden="true">×</span>
      </Toast.CloseButton>
    </Toast>
  ))
}
