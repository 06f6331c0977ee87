/** Adds up what was scanned, and what was found where. */
import { scanBytes, scanFolder } from './scanner.ts'
import type { Hit } from './scanner.ts'

export interface Survey {
  bytes(place: string, bytes: Buffer): void
  /** Hits are named by `name` and the file's path below the folder. */
  folder(name: string, folder: string): Promise<void>
  readonly hits: readonly Hit[]
  readonly sizeBytes: number
  /** The command's last line. */
  closingLine(): string
}

/** The same word in several forms at one place is one hit for each. */
export function makeSurvey(words: readonly string[]): Survey {
  const hits: Hit[] = []
  let sizeBytes = 0
  return {
    bytes: (place, bytes) => {
      sizeBytes += bytes.length
      hits.push(...scanBytes(place, bytes, words))
    },
    folder: async (name, folder) => {
      const found = await scanFolder(folder, words)
      sizeBytes += found.sizeBytes
      hits.push(...found.hits.map((hit) => ({ ...hit, place: `${name}: ${hit.place}` })))
    },
    hits,
    get sizeBytes() {
      return sizeBytes
    },
    closingLine: () => `${hits.length} plaintext hits in ${sizeBytes} bytes (${words.length} canaries)`,
  }
}
