/** One small defect put into the source on purpose: some test must notice it. */

export interface Mutant {
  /** Short, and unlike every other. */
  readonly id: string
  /** From the folder of packages: `crypto/src/padme.ts`, or of the relay: `relay/src/core/quota.ts`. */
  readonly file: string
  /** Text that the file has once. */
  readonly find: string
  readonly replace: string
  /** Files of its package whose tests are to notice, where imports do not tell: scenes of whole replicas come to everything. */
  readonly noticedIn?: readonly string[]
  /** What an attacker, or a crash, would gain. */
  readonly why: string
  /** Why no test can notice it. Only where it survives. */
  readonly survives?: string
}

/** The file's text with the defect. @throws Error unless `find` is there exactly once */
export function withMutant(text: string, { id, file, find, replace }: Mutant): string {
  const parts = text.split(find)
  if (parts.length !== 2) throw new Error(`${id}: its text is ${parts.length - 1} times in ${file}`)
  return parts.join(replace)
}

/** From the repository's root. */
export function pathOf({ file }: Mutant): string {
  return file.startsWith('relay/') ? file : `packages/${file}`
}

/** The folder of the sources, and of the tests that are to notice: `packages/crypto/src`. */
export function folderOf(mutant: Mutant): string {
  const path = pathOf(mutant)
  return path.slice(0, path.indexOf('/src/') + '/src'.length)
}
