/** Who may import whom: the table of docs/ARCHITECTURE.md, and the judge that reads it. */
import { posix } from 'node:path'
import { importsOf } from './sources.ts'
import type { SourceFile } from './sources.ts'

interface Row {
  /** Own packages: a bare name allows all entries of that package, `name/entry` that entry alone. */
  readonly own: readonly string[]
  /** Packages of npm; `any` leaves it to knip that each is declared. */
  readonly npm: readonly string[] | 'any'
  /** Packages of npm that stay out even where `any` is allowed. */
  readonly never?: readonly string[]
  readonly node: boolean
}

const documents = ['yjs', 'y-protocols', 'lib0', '@automerge/automerge', '@tiptap/y-tiptap']
const runtime = ['base', 'crypto', 'identity', 'sync', 'model', 'media', 'search', 'replica', 'adapters-browser', 'ui']
const adapted = ['base', 'sync', 'identity', 'search', 'media']
const screens = ['solid-js', '@solidjs/router', '@kobalte/core']

/** The allowed arrows of runtime code. Whatever is not here is refused. */
export const arrows: Readonly<Record<string, Row>> = {
  base: { own: [], npm: [], node: false },
  crypto: { own: ['base'], npm: ['@hpke/core', '@scure/bip39'], node: false },
  identity: { own: ['base', 'crypto'], npm: ['cborg'], node: false },
  sync: { own: ['base', 'crypto'], npm: ['fflate'], node: false },
  media: { own: ['base', 'crypto'], npm: [], node: false },
  model: { own: ['base'], npm: ['yjs', 'lib0'], node: false },
  search: { own: ['base', 'model'], npm: 'any', never: screens, node: false },
  replica: { own: ['base', 'crypto', 'identity', 'sync', 'model', 'search'], npm: ['yjs'], node: false },
  ui: { own: ['base'], npm: 'any', never: documents, node: false },
  // Hocuspocus' provider asks for a Y.Doc; adapters-browser gives it an empty one that never holds content.
  'adapters-browser': { own: adapted, npm: 'any', never: [...documents.filter((name) => name !== 'yjs'), ...screens], node: false },
  'adapters-node': { own: adapted, npm: 'any', never: [...documents, ...screens], node: true },
  relay: {
    own: ['base', 'sync/wire', 'sync/relay-log', 'identity/fold', 'identity/start', 'crypto/verify', 'crypto/sign', 'adapters-node'],
    npm: 'any',
    never: [...documents, ...screens],
    node: true,
  },
  sfu: { own: ['base', 'media/wire', 'crypto/verify'], npm: 'any', never: [...documents, ...screens], node: true },
  client: { own: runtime, npm: 'any', node: false },
}

/** What tests alone may import beside their unit's row: whole devices are shown against the relay's real core. */
const arrowsOfTests: Readonly<Record<string, readonly string[]>> = { replica: ['relay'] }

/** True for code that only tests run: tests, stories, what stands in a folder `testing`, e2e, and the whole of testkit. */
export function isTest(path: string): boolean {
  if (path.includes('/src/testing/')) return true
  return /\.(?:test|spec|story)\.tsx?$/u.test(path) || path.startsWith('client/e2e/') || path.startsWith('packages/testkit/')
}

/** The unit a path belongs to (`base`, `relay`, …), or null for the root's tooling. */
export function unitOf(path: string): string | null {
  const [first, second] = path.split('/')
  if (first === 'packages') return second ?? null
  return first !== undefined && ['client', 'relay', 'sfu'].includes(first) ? first : null
}

/** One line per forbidden import of this file; empty when all arrows are allowed. */
export function judgeImports(file: SourceFile): readonly string[] {
  const unit = unitOf(file.path)
  if (unit === null) return []
  return importsOf(file).flatMap((name) => {
    const why = name.startsWith('.') ? judgeRelative(file.path, unit, name) : judgeNamed(file.path, unit, name)
    return why === null ? [] : [`${file.path} → ${name}: ${why}`]
  })
}

function judgeRelative(path: string, unit: string, name: string): string | null {
  const target = posix.normalize(posix.join(posix.dirname(path), name))
  // Tests find the browser that they drive in one place, and e2e and testkit start the relay as a process.
  if (target === '.ci/chromium.mjs' && isTest(path)) return null
  if (target === 'relay/src/main.ts' && /^(?:client\/e2e|packages\/testkit)\//u.test(path)) return null
  if (unitOf(target) !== unit) return 'a relative path out of its own package'
  if (target.includes('/src/testing/') && !isTest(path)) return 'only tests use what stands in testing'
  const own = featureOf(path)
  const other = featureOf(target)
  if (own !== null && other !== null && own !== other) return 'features never import one another'
  return null
}

function featureOf(path: string): string | null {
  return /^client\/src\/features\/([^/]+)\//u.exec(path)?.[1] ?? null
}

function judgeNamed(path: string, unit: string, name: string): string | null {
  if (unit === 'testkit' || path.startsWith('client/e2e/')) return null
  const row = arrows[unit]
  if (!row) return 'its package has no row in the table of arrows'
  if (name.startsWith('node:')) return row.node || isTest(path) ? null : 'this package runs outside Node too'
  const own = /^@poruch\/(.+)$/u.exec(name)?.[1]
  return own === undefined ? judgeNpm(path, row, name) : judgeOwn(path, row, unit, own)
}

function judgeOwn(path: string, row: Row, unit: string, target: string): string | null {
  const [owner = ''] = target.split('/')
  if (owner === 'testkit') return isTest(path) ? null : 'only tests import testkit'
  if (row.own.includes(target) || row.own.includes(owner)) return null
  // Tests may set a scene with the whole of a package of which the code uses a part, and meet their own entry by name.
  if (isTest(path) && (owner === unit || row.own.some((allowed) => allowed.startsWith(`${owner}/`)))) return null
  if (isTest(path) && arrowsOfTests[unit]?.includes(target)) return null
  return `${unit} may not import ${target}`
}

function judgeNpm(path: string, row: Row, name: string): string | null {
  if (isTest(path)) return null
  const [scope = '', rest = ''] = name.split('/')
  const owner = scope.startsWith('@') ? `${scope}/${rest}` : scope
  if (row.never?.includes(owner)) return `${owner} is kept out of this package`
  return row.npm === 'any' || row.npm.includes(owner) ? null : `${owner} is not among this package's few dependencies`
}
