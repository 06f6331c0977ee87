/** States of the badge. */
import { Badge } from './Badge.tsx'
import type { Story } from './story.ts'

export const story: Story = {
  title: 'Badge',
  states: {
    one: () => <Badge count={1} label="1 unread message" />,
    many: () => <Badge count={1234} label="1234 непрочитаних повідомлення" />,
  },
}
