/** Which tests come to a source file by their imports, and by how many steps. */
import { posix } from 'node:path'
import { importsOf } from '../architecture/sources.ts'
import type { SourceFile } from '../architecture/sources.ts'

export interface Nearest {
  /** Tests below the folder that reach the file: the nearest first, of equally near ones the smallest. */
  testsOf(path: string, folder: string): readonly string[]
}

const isTestOfNode = (path: string): boolean => path.endsWith('.test.ts') && !path.endsWith('.browser.test.ts')

export function makeNearest(sources: readonly SourceFile[]): Nearest {
  const sizes = new Map(sources.map(({ path, text }) => [path, text.length]))
  const importers = new Map<string, string[]>()
  for (const file of sources) {
    if (!/\.tsx?$/u.test(file.path)) continue
    for (const name of importsOf(file)) {
      const target = placesOf(file.path, name).find((place) => sizes.has(place))
      if (target !== undefined) importers.set(target, [...(importers.get(target) ?? []), file.path])
    }
  }
  return {
    testsOf: (path, folder) => {
      const steps = new Map([[path, 0]])
      // A map hears of what is added while it is gone through.
      for (const [at, step] of steps) for (const from of importers.get(at) ?? []) if (!steps.has(from)) steps.set(from, step + 1)
      const size = (test: string): number => sizes.get(test) ?? 0
      return [...steps]
        .filter(([at]) => isTestOfNode(at) && at.startsWith(`${folder}/`))
        .toSorted(([a, near], [b, far]) => near - far || size(a) - size(b))
        .map(([at]) => at)
    },
  }
}

/** Where the module may be: an entry of a package is a file of its name, or a folder's index. */
function placesOf(path: string, name: string): readonly string[] {
  if (name.startsWith('.')) return [posix.join(posix.dirname(path), name)]
  const [, unit, entry] = /^@poruch\/([^/]+)(?:\/(.+))?$/u.exec(name) ?? []
  if (unit === undefined) return []
  const folder = unit === 'relay' ? 'relay/src' : `packages/${unit}/src`
  return entry === undefined ? [`${folder}/index.ts`] : [`${folder}/${entry}.ts`, `${folder}/${entry}/index.ts`]
}
