/** States of the passing message. */
import { Button } from './Button.tsx'
import { Toasts, showToast } from './Toasts.tsx'
import type { Story } from './story.ts'

const undo = (): void => undefined

export const story: Story = {
  title: 'Toasts',
  states: {
    'with a way back': () => (
      <>
        <Toasts label="Messages" />
        <Button
          onClick={() => {
            showToast({ text: 'Invitation revoked', closeLabel: 'Close', action: { label: 'Undo', run: undo } })
          }}
        >
          Revoke
        </Button>
      </>
    ),
  },
}
