/** Which texts the first screen comes with: all that its code can show, before any part that comes later is there. */
import { expect, test } from 'vitest'
import first from './en.json' with { type: 'json' }
import later from './en.later.json' with { type: 'json' }
import ukFirst from './uk.json' with { type: 'json' }

const sources = import.meta.glob<string>('../**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true })
/** Loaded at once, and what they import without `import()`. */
const entries = ['../app/main.tsx', '../app/boot.ts']
const staticImport = /^(?:import|export)\s(?!type\b)[^'"]*?from '(?<from>\.[^']+)'/gmu
const plain = (key: string): string => key.replace(/\.(?:one|few|many|other)$/u, '')

function initialSources(): Map<string, string> {
  const found = new Map<string, string>()
  const queue = [...entries]
  for (let path = queue.pop(); path; path = queue.pop()) {
    const source = sources[path]
    if (source === undefined || found.has(path)) continue
    found.set(path, source)
    const folder = new URL(path, 'file:///src/locales/')
    for (const { groups } of source.matchAll(staticImport)) {
      const { pathname } = new URL(groups?.['from'] ?? '', folder)
      queue.push(pathname.startsWith('/src/locales/') ? `.${pathname.slice('/src/locales'.length)}` : `..${pathname.slice('/src'.length)}`)
    }
  }
  return found
}

test('[CL271] the code of the first screen names no text that comes later; both languages are parted alike', () => {
  const initial = initialSources()
  expect([...initial.keys()]).toContain('../features/chat/Composer.tsx')
  expect([...initial.keys()]).not.toContain('../features/settings/Settings.tsx')
  const named = [...initial].flatMap(([path, source]) =>
    Object.keys(later).flatMap((key) => {
      const isNamed = [`'${plain(key)}'`, `"${plain(key)}"`, `\`${plain(key)}\``].some((text) => source.includes(text))
      // `connection.${state}` may be any of them.
      const prefixes = [...source.matchAll(/`(?<prefix>[a-z][A-Za-z]*\.(?:[A-Za-z]+\.)*)\$\{/gu)].map(
        ({ groups }) => groups?.['prefix'] ?? '',
      )
      return isNamed || prefixes.some((prefix) => key.startsWith(prefix)) ? [`${path}: ${key}`] : []
    }),
  )
  expect(named).toEqual([])
  const texts = (all: object): string[] => [...new Set(Object.keys(all).map(plain))].toSorted()
  expect(texts(ukFirst)).toEqual(texts(first))
})
