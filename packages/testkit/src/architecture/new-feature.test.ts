/** `npm run new -- feature NAME`, in a folder of its own. */
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

test('[NF1] a new feature has its component, story, test and rule; bad and taken names change nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-new-'))
  onTestFinished(async () => rm(folder, { recursive: true, force: true }))
  for (const file of ['.ci/new.mjs', 'client/SPEC.md']) await cp(join(root, file), join(folder, file))
  const run = (...args: readonly string[]) => spawnSync(process.execPath, [join(folder, '.ci/new.mjs'), ...args], { encoding: 'utf8' })
  const spec = async () => readFile(join(folder, 'client/SPEC.md'), 'utf8')
  const before = await spec()
  for (const bad of [[], ['feature'], ['feature', '../x'], ['feature', 'Big'], ['screen', 'saved']]) expect(run(...bad).status).toBe(2)
  expect(await spec()).toBe(before)
  expect(run('feature', 'saved-items').status).toBe(0)
  expect((await readdir(join(folder, 'client/src/features/saved-items'))).toSorted()).toEqual([
    'SavedItems.story.tsx',
    'SavedItems.tsx',
    'saved-items.browser.test.tsx',
  ])
  const [, rule] = /- \*\*(CL\d+)\*\* SavedItems is found by its name\.\n$/u.exec(await spec()) ?? []
  expect(await readFile(join(folder, 'client/src/features/saved-items/saved-items.browser.test.tsx'), 'utf8')).toContain(`[${rule}]`)
  expect(run('feature', 'saved-items').status).toBe(1)
})
