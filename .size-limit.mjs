// What a first screen loads, and each chunk that comes later, by the manifest of the build.
import { readFileSync } from 'node:fs'

const folder = 'client/dist'
const manifest = JSON.parse(readFileSync(`${folder}/.vite/manifest.json`, 'utf8'))
const chunks = Object.values(manifest)

/** Files of a chunk and of all that it imports at once. */
function filesOf(chunk, seen = new Set()) {
  if (seen.has(chunk)) return []
  seen.add(chunk)
  const imported = (chunk.imports ?? []).flatMap((key) => filesOf(manifest[key], seen))
  return [chunk.file, ...(chunk.css ?? []), ...imported]
}

const byName = (name) => {
  const found = chunks.find((chunk) => chunk.name === name)
  if (!found) throw new Error(`the build has no chunk named ${name}`)
  return found
}
// One language is loaded with the first screen: the longer one counts.
const first = new Set([chunks.find(({ isEntry }) => isEntry), byName('boot'), byName('uk')].flatMap((chunk) => filesOf(chunk)))
const isLater = ({ file }) => file.endsWith('.js') && !first.has(file)
const pathsOf = (files) => [...files].map((file) => `${folder}/${file}`)

export default [
  { name: 'initial JavaScript and styles', path: pathsOf(first), limit: '180 kB' },
  ...chunks.filter(isLater).map((chunk) => ({
    name: `later: ${chunk.name ?? chunk.file}`,
    path: pathsOf([chunk.file]),
    limit: chunk.name === 'peers' ? '110 kB' : '80 kB',
  })),
]
