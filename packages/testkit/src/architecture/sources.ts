/** Reads the repository's own source files, and what each of them imports. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parseSync } from 'vite'

/** A file of the repository. */
export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string
  readonly text: string
}

const repositoryRoot = join(import.meta.dirname, '..', '..', '..', '..')

const generated = new Set(['node_modules', 'dist', 'data', 'test-results', 'playwright-report', '__screenshots__', 'public'])
const isSource = (name: string): boolean => /\.(?:ts|tsx|mjs|css)$/u.test(name)

/** Every source file of the units and of the root's tooling, in order of path. */
export function readSources(): readonly SourceFile[] {
  const folders = ['client', 'relay', 'sfu', 'packages', '.ci']
  return folders.flatMap((folder) => filesBelow(folder, isSource)).map((path) => ({ path, text: readText(path) ?? '' }))
}

/** Every page of prose. */
export function readPages(): readonly SourceFile[] {
  const folders = ['docs', 'client', 'relay', 'packages']
  const below = folders.flatMap((folder) => filesBelow(folder, (name) => name.endsWith('.md')))
  return ['README.md', ...below].map((path) => ({ path, text: readText(path) ?? '' }))
}

/** Paths of all files below a folder whose name `wanted` accepts; none where the folder is missing. */
function filesBelow(folder: string, wanted: (name: string) => boolean): readonly string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return generated.has(entry.name) ? [] : filesBelow(path, wanted)
    return wanted(entry.name) ? [path] : []
  })
}

/** A file's text, or null where there is none. */
export function readText(path: string): string | null {
  try {
    return readFileSync(join(repositoryRoot, path), 'utf8')
  } catch {
    return null
  }
}

/** The folders of all units that are there: `packages/base`, `relay`, … */
export function unitFolders(): readonly string[] {
  const packages = entriesOf('packages').map((entry) => `packages/${entry.name}`)
  return [...packages, 'relay', 'client', 'sfu'].filter((folder) => readText(`${folder}/package.json`) !== null)
}

/** Every module that a file names: imports and re-exports, of types too, dynamic imports, and URLs of scripts. */
export function importsOf({ path, text }: SourceFile): readonly string[] {
  if (path.endsWith('.css')) return []
  const { module } = parseSync(path, text)
  const constant = module.staticImports.map((statement) => statement.moduleRequest.value)
  const passedOn = module.staticExports.flatMap((statement) => statement.entries.map((entry) => entry.moduleRequest?.value))
  // Calls with a constant, and `import('…')` in a type, which the parser does not list.
  const named = [
    ...text.matchAll(/\bimport\(\s*['"]([^'"\n]+)['"]/gu),
    ...text.matchAll(/new URL\(\s*['"](\.[^'"\n]+\.m?[jt]sx?)['"],\s*import\.meta\.url/gu),
  ]
  return [...new Set([...constant, ...passedOn, ...named.map((match) => match[1])])].filter((name) => name !== undefined)
}

function entriesOf(folder: string) {
  try {
    return readdirSync(join(repositoryRoot, folder), { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}
