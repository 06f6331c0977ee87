/** Keeps the program's compiled form in the data folder: a start then costs a third less processor time. */
import { statfsSync } from 'node:fs'
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

/** It takes 4 MiB; where less than this is free, the room is the database's. */
const minFreeBytes = 64 * 1024 * 1024

/** Call before the first import that is to profit. In the data folder, because what lies there is run: nobody else may write it. */
export function useCompiled(dataFolder: string): void {
  if (freeBytes(dataFolder) >= minFreeBytes) enableCompileCache(join(dataFolder, 'compiled'))
}

/** Now, and not at an end that a killed process never has. */
export function keepCompiled(): void {
  flushCompileCache()
}

/** 0 where there is no such folder yet. */
function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch {
    return 0
  }
}
