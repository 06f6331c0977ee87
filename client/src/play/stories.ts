/** All stories there are, of the kit and of the features, by name. */
import type { Story } from '@poruch/ui'

const found = import.meta.glob<Story>(['../../../packages/ui/src/*.story.tsx', '../features/**/*.story.tsx'], {
  eager: true,
  import: 'story',
})

export const stories: readonly Story[] = Object.values(found).toSorted((one, other) => one.title.localeCompare(other.title))

/** The kit's components by their files' names. Here and not beside JSX: Vite's scan of dependencies reads a file with a glob as plain script. */
export const kitComponents: readonly string[] = Object.keys(import.meta.glob('../../../packages/ui/src/[A-Z]*.tsx'))
  .filter((path) => !path.includes('.story.'))
  .map((path) => /(\w+)\.tsx$/u.exec(path)?.[1] ?? path)
