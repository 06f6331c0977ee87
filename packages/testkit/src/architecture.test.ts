/** The tree keeps its arrows: red on any import that docs/ARCHITECTURE.md does not allow, and on broken house rules. */
import { describe, expect, test } from 'vitest'
import { arrows, judgeImports } from './architecture/arrows.ts'
import { judgeFile, judgePages } from './architecture/house-rules.ts'
import { importsOf, readSources, readText, unitFolders } from './architecture/sources.ts'

// This file holds planted breaches, so it is not judged itself.
const sources = readSources().filter((file) => file.path !== 'packages/testkit/src/architecture.test.ts')

const slowMs = 60_000 // every source is parsed, on a busy machine

describe('the repository', () => {
  test('is read: every unit has sources, and their imports are seen', () => {
    for (const folder of unitFolders()) expect(sources.some((file) => file.path.startsWith(`${folder}/src/`))).toBe(true)
    const writer = sources.find((file) => file.path === 'packages/base/src/byte-writer.ts')
    expect(writer && importsOf(writer)).toEqual(['./bytes.ts'])
  })

  test('imports along the allowed arrows only', { timeout: slowMs }, () => {
    expect(sources.flatMap(judgeImports)).toEqual([])
  })

  test('keeps files short, has no drawer folders, and leaves WebCrypto to packages/crypto', () => {
    expect(sources.flatMap(judgeFile)).toEqual([])
  })

  test('has a README of one screen and a SPEC in every package', () => {
    const pages = unitFolders().map((folder) => ({ folder, readme: readText(`${folder}/README.md`), spec: readText(`${folder}/SPEC.md`) }))
    expect(pages.flatMap(({ folder, readme, spec }) => judgePages(folder, { readme, spec }))).toEqual([])
  })

  test('has a row of arrows for every package', () => {
    const units = unitFolders().map((folder) => folder.split('/').at(-1) ?? '')
    expect(units.filter((unit) => unit !== 'testkit' && !(unit in arrows))).toEqual([])
  })
})

describe('a planted import is named', () => {
  const planted: [path: string, code: string, why: RegExp][] = [
    ['packages/base/src/x.ts', `import { a } from '@poruch/crypto'`, /base may not import crypto/u],
    ['packages/base/src/x.ts', `import { a } from 'yjs'`, /yjs is not among/u],
    ['packages/base/src/x.ts', `import { a } from 'node:fs'`, /outside Node/u],
    ['packages/sync/src/x.ts', `import type { Doc } from 'yjs'`, /yjs is not among/u],
    ['packages/sync/src/x.ts', `import { a } from '@poruch/identity/fold'`, /sync may not import identity\/fold/u],
    ['packages/model/src/x.ts', `export { a } from '@poruch/sync'`, /model may not import sync/u],
    ['packages/identity/src/x.ts', `import { a } from '../../sync/src/index.ts'`, /relative path out/u],
    ['packages/adapters-node/src/x.ts', `import { a } from '@poruch/crypto/verify'`, /adapters-node may not import crypto\/verify/u],
    ['packages/adapters-browser/src/x.ts', `import { a } from '@poruch/replica'`, /adapters-browser may not import replica/u],
    ['packages/replica/src/x.ts', `import { a } from '@poruch/adapters-browser'`, /replica may not import adapters-browser/u],
    ['packages/replica/src/x.ts', `import { a } from '@poruch/relay'`, /replica may not import relay/u],
    ['relay/src/x.ts', `import { a } from '@poruch/sync'`, /relay may not import sync/u],
    ['relay/src/x.ts', `import { a } from '@poruch/crypto'`, /relay may not import crypto/u],
    ['relay/src/x.ts', `import type { Member } from '@poruch/model'`, /relay may not import model/u],
    ['relay/src/x.ts', `import * as Y from 'yjs'`, /yjs is kept out/u],
    ['relay/src/x.ts', `const y = await import('yjs')`, /yjs is kept out/u],
    ['relay/src/x.ts', `type Doc = import('yjs').Doc`, /yjs is kept out/u],
    ['relay/src/x.ts', `import { a } from './testing/rig.ts'`, /only tests use/u],
    ['relay/src/x.test.ts', `import { a } from '@poruch/replica'`, /relay may not import replica/u],
    ['client/src/app/x.ts', `import { a } from '@poruch/relay'`, /client may not import relay/u],
    ['client/src/app/x.ts', `import { alice } from '@poruch/testkit/fixtures'`, /only tests import testkit/u],
    ['client/src/app/x.ts', `new Worker(new URL('../../../relay/src/main.ts', import.meta.url))`, /relative path out/u],
    ['client/src/features/chat/x.tsx', `import { a } from '../people/List.tsx'`, /features never import/u],
    ['client/src/features/chat/x.tsx', `const p = import('../people/List.tsx')`, /features never import/u],
    ['packages/stranger/src/x.ts', `import { a } from '@poruch/base'`, /no row/u],
  ]
  test.each(planted)('%s: %s', (path, text, why) => {
    expect(judgeImports({ path, text }).join()).toMatch(why)
  })
})

describe('an allowed import is not named', () => {
  const allowed: [path: string, code: string][] = [
    ['packages/replica/src/x.ts', `import * as Y from 'yjs'; import { a } from '@poruch/sync/wire'`],
    ['relay/src/x.ts', `import { a } from '@poruch/sync/wire'; import { b } from '@poruch/identity/fold'; import fs from 'node:fs'`],
    ['relay/src/x.test.ts', `import { a } from '@poruch/sync'; import { b } from '@poruch/testkit/fixtures'`],
    ['relay/src/x.test.ts', `import { a } from './testing/rig.ts'`],
    ['packages/replica/src/testing/rig.ts', `import { a } from '@poruch/relay'`],
    ['relay/src/testing/rig.ts', `import { a } from '@poruch/testkit/fixtures'`],
    ['packages/base/src/x.test.ts', `import fc from 'fast-check'; import { a } from '@poruch/testkit/memory'`],
    [
      'client/src/features/chat/x.tsx',
      `import { a } from './Row.tsx'; import { b } from '../../app/paths.ts'; import { c } from '@poruch/ui'`,
    ],
    ['packages/testkit/src/x.ts', `new URL('../../../relay/src/main.ts', import.meta.url)`],
    ['client/e2e/x.spec.ts', `import { a } from '@poruch/relay'; import { findChromium } from '../../.ci/chromium.mjs'`],
  ]
  test.each(allowed)('%s: %s', (path, text) => {
    expect(judgeImports({ path, text })).toEqual([])
  })
})

describe('a planted breach of a house rule is named', () => {
  test('a file over 400 lines', () => {
    expect(judgeFile({ path: 'relay/src/x.ts', text: '// x\n'.repeat(400) })).toEqual([])
    expect(judgeFile({ path: 'relay/src/x.ts', text: '// x\n'.repeat(401) }).join()).toMatch(/401 lines/u)
  })

  test('a file that does not say why it exists, entries and tests apart', () => {
    const code = `import { a } from './a.ts'\nexport const b = a\n`
    const entry = `export { a } from './a.ts'\nexport type {\n  B,\n  C,\n} from './b.ts'\n`
    expect(judgeFile({ path: 'relay/src/x.ts', text: code }).join()).toMatch(/no first comment/u)
    expect(judgeFile({ path: 'relay/src/x.ts', text: `/** Why. */\n${code}` })).toEqual([])
    expect(judgeFile({ path: 'relay/src/index.ts', text: entry })).toEqual([])
    expect(judgeFile({ path: 'relay/src/x.test.ts', text: code })).toEqual([])
  })

  test('an entry that does not list its names', () => {
    expect(judgeFile({ path: 'relay/src/index.ts', text: `/** Why. */\nexport * from './a.ts'\n` }).join()).toMatch(/lists each/u)
  })

  test.each(['utils', 'shared', 'helpers'])('a folder %s', (name) => {
    expect(judgeFile({ path: `client/src/${name}/x.ts`, text: '' }).join()).toMatch(name)
  })

  test.each(['await crypto.subtle.digest(a, b)', 'const { subtle } = crypto'])('WebCrypto outside packages/crypto: %s', (text) => {
    expect(judgeFile({ path: 'packages/sync/src/x.ts', text }).join()).toMatch(/only packages\/crypto/u)
    expect(judgeFile({ path: 'packages/crypto/src/x.ts', text: `/** Why. */\n${text}` })).toEqual([])
  })

  test('a package without its pages, or with a long README', () => {
    expect(judgePages('packages/x', { readme: null, spec: null })).toHaveLength(2)
    expect(judgePages('packages/x', { readme: 'x\n'.repeat(41), spec: '' })).toHaveLength(1)
    expect(judgePages('packages/x', { readme: 'x\n'.repeat(40), spec: '' })).toEqual([])
  })
})
