/** All stories there are, of the kit and of the features, by name. */
import type { Story } from '@poruch/ui'

const found = import.meta.glob<Story>(['../../../packages/ui/src/*.story.tsx', '../features/**/*.story.tsx'], {
  eager: true,
  import: 'story',
})

export const stories: readonly Story[] = Object.values(found).toSorted((one, other) => one.title.localeCompare(other.title))
