/** One small defect put into the source on purpose: some test must notice it. */

export interface Mutant {
  /** Short, and unlike every other. */
  readonly id: string
  /** From the folder of packages: `crypto/src/padme.ts`. The tests of that package are to notice. */
  readonly file: string
  /** Text that the file has once. */
  readonly find: string
  readonly replace: string
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

export function packageOf({ file }: Mutant): string {
  return file.split('/')[0] ?? ''
}
