/** Adds up what was scanned, and what was found where. */
import { scanBytes, scanFolder } from './scanner.ts'
import type { Hit, Sought } from './scanner.ts'

export interface Survey {
  bytes(place: string, bytes: Buffer): void
  /** Hits are named by the place and the file's path below the folder. The word `apart`, if given, is noted there, and is no hit. */
  folder(place: string, folder: string, apart?: string): Promise<void>
  readonly hits: readonly Hit[]
  /** Where a word is that was to be kept apart there. */
  readonly noted: readonly Hit[]
  readonly sizeBytes: number
  /** The command's last line. */
  closingLine(): string
}

/** The same word in several forms at one place is one hit for each. */
export function makeSurvey(sought: readonly Sought[]): Survey {
  const hits: Hit[] = []
  const noted: Hit[] = []
  let sizeBytes = 0
  return {
    bytes: (place, bytes) => {
      sizeBytes += bytes.length
      hits.push(...scanBytes(place, bytes, sought))
    },
    folder: async (place, folder, apart) => {
      const found = await scanFolder(folder, sought)
      sizeBytes += found.sizeBytes
      for (const hit of found.hits) (hit.word === apart ? noted : hits).push({ ...hit, place: `${place}: ${hit.place}` })
    },
    hits,
    noted,
    get sizeBytes() {
      return sizeBytes
    },
    closingLine: () => `${hits.length} plaintext hits in ${sizeBytes} bytes (${sought.length} canaries)`,
  }
}
