/** Looks for known words in bytes, in every form that they could have leaked in. */
import { randomBytes } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A word that was typed, or the bytes of a key under a name. */
export type Sought = string | { readonly name: string; readonly bytes: Buffer }

/** Where a word or key was found, and in which form. */
export interface Hit {
  readonly place: string
  /** A key's name. */
  readonly word: string
  readonly form: string
}

const canaryBytes = 12 // 16 characters of base64url

/** 16 letters and digits that no program writes by itself. */
export function makeCanary(): string {
  return randomBytes(canaryBytes).toString('base64url').replaceAll(/[-_]/gu, 'q')
}

/** A word as UTF-8, UTF-16 of both byte orders, hexadecimal, and base64 (and base64url) of its UTF-8 at each of the three offsets. */
export function formsOf(word: string): ReadonlyMap<string, Buffer> {
  const utf8 = Buffer.from(word, 'utf8')
  const utf16 = Buffer.from(word, 'utf16le')
  return new Map([['utf-8', utf8], ['utf-16le', utf16], ['utf-16be', Buffer.from(utf16).swap16()], ...textsOf(utf8)])
}

/** Bytes as text. */
function textsOf(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const hexadecimal = bytes.toString('hex')
  const forms = new Map<string, Buffer>([
    ['hexadecimal', Buffer.from(hexadecimal)],
    ['hexadecimal in capitals', Buffer.from(hexadecimal.toUpperCase())],
  ])
  for (const offset of [0, 1, 2]) {
    // The characters at both ends also hold bits of the neighbours: they are left away.
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const inner = text.slice(Math.ceil((offset * 4) / 3), text.length - (text.endsWith('=') ? text.length - text.indexOf('=') + 1 : 0))
    forms.set(`base64 at ${offset}`, Buffer.from(inner))
    forms.set(`base64url at ${offset}`, Buffer.from(inner.replaceAll('+', '-').replaceAll('/', '_')))
  }
  return forms
}

export function scanBytes(place: string, bytes: Buffer, sought: readonly Sought[]): Hit[] {
  return sought.flatMap((one) => {
    const [word, forms] = typeof one === 'string' ? [one, formsOf(one)] : [one.name, new Map([['bytes', one.bytes], ...textsOf(one.bytes)])]
    return [...forms].filter(([, form]) => bytes.includes(form)).map(([form]) => ({ place, word, form }))
  })
}

/** Every file below the folder; a hit's place is the file's path in it. */
export async function scanFolder(folder: string, sought: readonly Sought[]): Promise<{ hits: Hit[]; sizeBytes: number }> {
  const hits: Hit[] = []
  let sizeBytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path)
    sizeBytes += bytes.length
    hits.push(...scanBytes(path.slice(folder.length + 1), bytes, sought))
  }
  return { hits, sizeBytes }
}
