/** States of the button. */
import { Button } from './Button.tsx'
import type { Story } from './story.ts'

export const story: Story = {
  title: 'Button',
  states: {
    primary: () => <Button kind="primary">Запросити людей</Button>,
    secondary: () => <Button>Cancel</Button>,
    quiet: () => <Button kind="quiet">Показати ще</Button>,
    danger: () => <Button kind="danger">Remove Olena</Button>,
    small: () => <Button size="small">Копіювати</Button>,
    disabled: () => <Button disabled>Not yet</Button>,
  },
}
