/** States of what is still being read. */
import { Skeleton } from './Skeleton.tsx'
import type { Story } from './story.ts'

export const story: Story = { title: 'Skeleton', states: { lines: () => <Skeleton label="Opening your copy…" /> } }
