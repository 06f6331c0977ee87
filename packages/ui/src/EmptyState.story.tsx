/** States of the empty screen. */
import { Button } from './Button.tsx'
import { EmptyState } from './EmptyState.tsx'
import type { Story } from './story.ts'

export const story: Story = {
  title: 'EmptyState',
  states: {
    'with the next step': () => (
      <EmptyState title="Тут поки лише ви" hint="Запросіть когось, і розмова почнеться.">
        <Button kind="primary">Запросити</Button>
      </EmptyState>
    ),
  },
}
