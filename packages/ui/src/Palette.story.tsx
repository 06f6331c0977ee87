/** States of the palette. */
import { Show, createSignal } from 'solid-js'
import { Button } from './Button.tsx'
import { Palette } from './Palette.tsx'
import { fuzzyScore } from './fuzzy.ts'
import type { Story } from './story.ts'

const places = ['Загальний', 'Design', 'Олена Коваль', 'Settings']

export const story: Story = {
  title: 'Palette',
  states: {
    opened: () => {
      const [isOpen, setOpen] = createSignal(false)
      return (
        <>
          <Button onClick={() => setOpen(true)}>Go to…</Button>
          <Show when={isOpen()}>
            <Palette
              title="Go to"
              placeholder="A person, a channel, a command"
              none="Nothing of that name"
              countText={(count) => `${count} found`}
              find={(query) => places.filter((one) => fuzzyScore(query, one) !== null).map((label) => ({ id: label, label }))}
              onChoose={() => setOpen(false)}
              onClose={() => setOpen(false)}
            />
          </Show>
        </>
      )
    },
  },
}
