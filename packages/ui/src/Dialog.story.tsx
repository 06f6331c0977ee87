/** States of the dialog. */
import { Show, createSignal } from 'solid-js'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
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
              <div class="dialog-actions">
                <Button onClick={() => setOpen(false)}>Cancel</Button>
                <Button kind="danger" onClick={() => setOpen(false)}>
                  Remove
                </Button>
              </div>
            </Dialog>
          </Show>
        </>
      )
    },
  },
}
