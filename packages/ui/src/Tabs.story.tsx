/** States of the tabs. */
import { Tabs } from './Tabs.tsx'
import type { Story } from './story.ts'

export const story: Story = {
  title: 'Tabs',
  states: {
    plain: () => (
      <Tabs
        label="Про канал"
        tabs={[
          { id: 'people', label: 'Учасники', content: () => <p>Дванадцять людей.</p> },
          { id: 'pins', label: 'Закріплене', content: () => <p>Ще нічого не закріплено.</p> },
        ]}
      />
    ),
  },
}
