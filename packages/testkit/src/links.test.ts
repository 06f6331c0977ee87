/** What pages lead to is there. */
import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { readPages, readText } from './architecture/sources.ts'

test('[NF3] each link and picture of a page leads to a file', () => {
  const links = readPages().flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?![a-z]+:)(?<to>[^)#\s]+)/gu)].map(({ groups }) => posix.join(posix.dirname(path), groups?.['to'] ?? '')),
  )
  expect(links.length).toBeGreaterThan(50)
  // A folder is there when one of its pages is.
  const isThere = (to: string): boolean => readText(to) !== null || readPages().some(({ path }) => path.startsWith(posix.join(to, '/')))
  expect(links.filter((to) => !isThere(to))).toEqual([])
})
