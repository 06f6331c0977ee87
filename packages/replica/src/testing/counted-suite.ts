/** A suite that knows how many of its operations run: time in a scene stands still until there are none. */
import type { Suite } from '@poruch/crypto'

export interface CountedSuite {
  readonly suite: Suite
  running(): number
}

export function makeCounted(suite: Suite): CountedSuite {
  let running = 0
  const counted = Object.entries(suite as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>).map(
    ([name, operation]): [string, unknown] => [
      name,
      async (...args: unknown[]) => {
        running++
        try {
          return await operation(...args)
        } finally {
          running--
        }
      },
    ],
  )
  return { suite: Object.fromEntries(counted) as unknown as Suite, running: () => running }
}
