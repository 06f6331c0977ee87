/** States of the divider. */
import { createSignal } from 'solid-js'
import { Divider } from './Divider.tsx'
import type { Story } from './story.ts'

export const story: Story = {
  title: 'Divider',
  states: {
    'beside a pane': () => {
      const [width, setWidth] = createSignal(200)
      return (
        <div class="divider-story" style={{ width: `${width()}px` }}>
          <p>{width()} px</p>
          <Divider label="Width of the pane" value={width()} min={160} max={320} side="right" onChange={setWidth} />
        </div>
      )
    },
  },
}
