/** The machine's source of randomness. */
import type { Bytes, Random } from '@poruch/base'

/** `crypto.getRandomValues` gives no more at once. */
const maxChunkSizeBytes = 65_536

/** Bytes of the platform's cryptographic generator. */
export const systemRandom: Random = {
  bytes: (length: number): Bytes => {
    const bytes = new Uint8Array(length)
    for (let offset = 0; offset < length; offset += maxChunkSizeBytes) {
      crypto.getRandomValues(bytes.subarray(offset, offset + maxChunkSizeBytes))
    }
    return bytes
  },
}
