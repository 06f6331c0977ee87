/** States of the popover. */
import { Popover } from './Popover.tsx'
import type { Story } from './story.ts'

export const story: Story = {
  title: 'Popover',
  states: {
    plain: () => (
      <Popover label="How is this encrypted?" title="Only the members can read it">
        <p>Each device has its own key. The relay keeps what it cannot open.</p>
      </Popover>
    ),
  },
}
