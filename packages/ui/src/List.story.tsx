/** States of the list. */
import { Avatar } from './Avatar.tsx'
import { Button } from './Button.tsx'
import { List } from './List.tsx'
import type { Story } from './story.ts'

const rows = ['Олена Коваль', 'Andrii Shevchenko'].map((label, index) => ({
  id: label,
  label,
  note: index === 0 ? 'Власниця' : 'Editor',
  leading: () => <Avatar id={`${index}1`} name={label} />,
  actions: () => <Button size="small">Write</Button>,
}))

export const story: Story = {
  title: 'List',
  states: {
    rows: () => <List label="Учасники" rows={rows} />,
    empty: () => <List label="Invitations" rows={[]} empty="No invitation is open." />,
  },
}
