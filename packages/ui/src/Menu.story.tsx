/** States of the menu. */
import { Menu } from './Menu.tsx'
import type { Story } from './story.ts'

const choose = (): void => undefined

export const story: Story = {
  title: 'Menu',
  states: {
    plain: () => (
      <Menu
        label="Дії з каналом"
        items={[
          { id: 'rename', label: 'Перейменувати', detail: 'F2' },
          { id: 'mute', label: 'Вимкнути сповіщення' },
          { id: 'leave', label: 'Покинути', isDanger: true, startsGroup: true },
        ]}
        onChoose={choose}
      />
    ),
  },
}
