/** Rules of single files and packages that no linter knows. */
import { isTest, unitOf } from './arrows.ts'
import type { SourceFile } from './sources.ts'

/** A file over this many lines is two files. */
const maxLines = 400
/** A package's README is its first screen. */
const maxReadmeLines = 40
const drawers = new Set(['utils', 'util', 'shared', 'helpers', 'helper'])

/** One line per broken rule of this file. */
export function judgeFile(file: SourceFile): readonly string[] {
  const { path, text } = file
  const broken: string[] = []
  const lines = countLines(text)
  if (lines > maxLines) broken.push(`${path}: ${lines} lines, ${maxLines} allowed`)
  const drawer = path.split('/').find((part) => drawers.has(part))
  if (drawer !== undefined) broken.push(`${path}: a folder "${drawer}" has no reason to exist`)
  if (!saysWhy(file)) broken.push(`${path}: no first comment that says its one reason to exist`)
  if (/^export \* /mu.test(text)) broken.push(`${path}: an entry lists each public name`)
  if (reachesSubtle(file)) broken.push(`${path}: only packages/crypto calls WebCrypto`)
  return broken
}

/** One line per page that a package lacks, or that is too long. */
export function judgePages(folder: string, pages: { readonly readme: string | null; readonly spec: string | null }): readonly string[] {
  const broken: string[] = []
  if (pages.readme === null) broken.push(`${folder}: no README.md`)
  else if (countLines(pages.readme) > maxReadmeLines) broken.push(`${folder}/README.md: over ${maxReadmeLines} lines`)
  if (pages.spec === null) broken.push(`${folder}: no SPEC.md`)
  return broken
}

/** Tests and stories say it by their name, entries by being nothing but a list of names. */
function saysWhy({ path, text }: SourceFile): boolean {
  if (/\.(?:test|spec|story)\.tsx?$|\.css$|\.d\.ts$/u.test(path) || /^\/[/*]/u.test(text)) return true
  return text.replaceAll(/^export (?:type )?\{[^}]*\}(?: from '[^'\n]+')?$/gmu, '').trim() === ''
}

/** Scripts of tests that run inside a page may look at a browser's own crypto; the app's code may not. */
function reachesSubtle({ path, text }: SourceFile): boolean {
  if (unitOf(path) === 'crypto' || unitOf(path) === null || path.endsWith('.css')) return false
  if (isTest(path) && path.startsWith('packages/testkit/src/architecture')) return false
  return /\.subtle\b|\bsubtle\s*[,}]/u.test(text)
}

function countLines(text: string): number {
  return text.trimEnd().split('\n').length
}
