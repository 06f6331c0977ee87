/** States of the dialog. */
import { Show, createSignal } from 'solid-js'
import { Button } from './Button.tsx'
import { Dialog, DialogActions } from './Dialog.tsx'
import type { Story } from './story.ts'

export const story: Story = {
  title: 'Dialog',
  states: {
    opened: () => {
      const [isOpen, setOpen] = createSignal(false)
      return (
        <>
          <Button onClick={() => setOpen(true)}>Remove…</Button>
          <Show when={isOpen()}>
            <Dialog title="Remove Olena?" onClose={() => setOpen(false)}>
              <p>She keeps what she has, and reads nothing that comes after.</p>
              <DialogActions
                cancel="Cancel"
                onCancel={() => setOpen(false)}
                act="Remove"
                kind="danger"
                isDisabled={false}
                onAct={() => setOpen(false)}
              />
            </Dialog>
          </Show>
        </>
      )
    },
  },
}
