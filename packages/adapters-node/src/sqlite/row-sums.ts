/** A checksum beside each row: SQLite keeps none, and a flipped bit on a disk would be handed out as what was stored. */
import { crc32 } from 'node:zlib'

type Part = string | number | Uint8Array | null

/**
 * CRC-32 over the parts, each with its type and length: every change of up to 32 bits in a row is found. Against people there are
 * signatures in what is stored; this is against disks.
 */
export function rowSum(...parts: readonly unknown[]): number {
  return parts.reduce<number>((sum, part) => add(sum, part as Part), 0)
}

function add(sum: number, part: Part): number {
  if (part instanceof Uint8Array) return crc32(part, crc32(`b${part.length}:`, sum))
  // Damage can make anything of a value, also none.
  return crc32(typeof part === 'string' ? `s${part.length}:${part}` : `n${String(part)}:`, sum)
}
