/** Puts the results of a run into a page, between two marks, and leaves the rest of the page as it is. */
import { readFile, writeFile } from 'node:fs/promises'

const begin = '<!-- results: written by `npm run bench -- --page` -->'
const end = '<!-- end of results -->'

/** @throws Error when the page has no marks */
export function withResults(page: string, results: string): string {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} … ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${results}\n\n${page.slice(to)}`
}

export async function updatePage(path: string, results: string): Promise<void> {
  await writeFile(path, withResults(await readFile(path, 'utf8'), results))
}
