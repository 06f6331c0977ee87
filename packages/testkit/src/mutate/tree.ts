/** A copy of the packages that may be broken: own sources, the repository's dependencies. */
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

export interface Tree {
  /** Holds `packages` and `node_modules`. */
  readonly root: string
  remove(): Promise<void>
}

/** As the project `node` of the repository's own settings, in the order in which files are asked for. What waits for ever is not waited for. */
const vitestConfig = `class AsAsked {
  sort = (files) => files
  shard = (files) => files
}
export default {
  test: {
    include: ['{packages/*,relay}/src/**/*.test.ts'],
    exclude: ['**/*.browser.test.ts'],
    sequence: { sequencer: AsAsked },
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
}
`
const leftOut = new Set(['node_modules', '.tsbuild', 'dist', 'data'])

/** Copies `packages` and, where they are there, what their tests build on. Dependencies are links; those to the packages lead into the copy. */
export async function makeTree(repository: string): Promise<Tree> {
  const root = await mkdtemp(join(tmpdir(), 'poruch-mutate-'))
  const filter = (path: string): boolean => !leftOut.has(basename(path))
  for (const folder of ['packages', 'relay', 'tsconfig.base.json'])
    await cp(join(repository, folder), join(root, folder), { recursive: true, filter, force: true }).catch(ignoreMissing)
  await writeFile(join(root, 'package.json'), '{ "type": "module" }\n')
  await writeFile(join(root, 'vitest.config.js'), vitestConfig)
  await linkModules(join(repository, 'node_modules'), join(root, 'node_modules'))
  return { root, remove: async () => rm(root, { recursive: true, force: true }) }
}

/** Links of a workspace are relative: made anew they lead to the copies. */
async function linkModules(from: string, to: string): Promise<void> {
  await mkdir(join(to, '@poruch'), { recursive: true })
  for (const name of await readdir(from)) {
    // Caches stay behind: what was compiled of the real sources is not to be met again.
    if (!name.startsWith('.') && name !== '@poruch') await symlink(join(from, name), join(to, name))
  }
  const ours = [['relay', '../../relay'], ...(await readdir(join(to, '..', 'packages'))).map((name) => [name, `../../packages/${name}`])]
  for (const [name = '', target = ''] of ours) await symlink(target, join(to, '@poruch', name))
}

function ignoreMissing(thrown: unknown): void {
  if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
}
