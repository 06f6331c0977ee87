/** The number that two people compare to know that nobody stands between them. */
import { idToBytes } from '@poruch/base'
import type { UserId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto'

const groupCount = 12
const groupDigits = 5
/** 40 bits per group of five digits: the remainder's bias is below 2^-23. */
const groupSizeBytes = 5
const groupsPerHash = 6

/** 60 digits over both users' roots, the same for either order. 199 bits: finding two pairs with one number takes 2^99 tries. */
export async function safetyNumber(suite: VerifySuite, a: UserId, b: UserId): Promise<string> {
  const [lower, higher] = a < b ? [a, b] : [b, a]
  const parts = [idToBytes(lower), idToBytes(higher)]
  const halves = await Promise.all([0, 1].map(async (half) => suite.hash('poruch/safety v1', ...parts, Uint8Array.of(half))))
  let digits = ''
  for (let group = 0; group < groupCount; group++) {
    const offset = (group % groupsPerHash) * groupSizeBytes
    const bytes = halves[Math.floor(group / groupsPerHash)]?.slice(offset, offset + groupSizeBytes) ?? []
    const value = [...bytes].reduce((sum, byte) => sum * 256 + byte, 0)
    digits += String(value % 10 ** groupDigits).padStart(groupDigits, '0')
  }
  return digits
}
