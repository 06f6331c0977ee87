/** States of the avatar. */
import { For } from 'solid-js'
import { Avatar } from './Avatar.tsx'
import type { Story } from './story.ts'

const names = ['Олена Коваль', 'Andrii Shevchenko', 'Їжак', 'محمد', 'X Æ']

export const story: Story = {
  title: 'Avatar',
  states: {
    names: () => <For each={names}>{(name, index) => <Avatar id={`${index()}0f`} name={name} />}</For>,
    here: () => <For each={names}>{(name, index) => <Avatar id={`${index()}0f`} name={name} isHere />}</For>,
  },
}
