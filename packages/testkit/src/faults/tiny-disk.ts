/** A real disk that is soon full: a file system in memory, of a given size, in place of a folder. */
import { spawnSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface TinyDisk {
  readonly path: string
  unmount(): void
}

/** @throws Error with the system's reason where it may not be mounted: only root can, and without it nothing is shown */
export async function mountTinyDisk(path: string, sizeKiB: number): Promise<TinyDisk> {
  await mkdir(path, { recursive: true })
  run('mount', ['-t', 'tmpfs', '-o', `size=${sizeKiB}k,mode=0700`, 'tmpfs', path])
  return { path, unmount: () => run('umount', [path]) }
}

function run(name: string, args: readonly string[]): void {
  // Tools of the system, which no package of npm brings.
  const { status, stderr, error } = spawnSync(join('/usr/bin', name), args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name}: ${error?.message ?? stderr.trim()}; a full disk can be made by root only`)
}
