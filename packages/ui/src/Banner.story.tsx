/** States of the banner. */
import { Banner } from './Banner.tsx'
import { Button } from './Button.tsx'
import type { Story } from './story.ts'

export const story: Story = {
  title: 'Banner',
  states: {
    warning: () => <Banner kind="warning">Ви офлайн. Написане чекає на цьому пристрої.</Banner>,
    'with a way on': () => (
      <Banner kind="info">
        A new version is ready. <Button size="small">Update</Button>
      </Banner>
    ),
  },
}
