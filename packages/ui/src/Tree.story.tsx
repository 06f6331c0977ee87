/** States of the tree. */
import { createSignal } from 'solid-js'
import { Tree } from './Tree.tsx'
import type { Story } from './story.ts'

const nodes = [
  {
    id: 'plans',
    label: 'Плани',
    children: [
      { id: '2026', label: '2026' },
      { id: '2027', label: '2027', children: [{ id: 'spring', label: 'Spring' }] },
    ],
  },
  { id: 'contracts', label: 'Contracts' },
]

export const story: Story = {
  title: 'Tree',
  states: {
    folders: () => {
      const [selected, setSelected] = createSignal<string | null>('contracts')
      return <Tree label="Теки" nodes={nodes} selected={selected()} onSelect={setSelected} />
    },
  },
}
