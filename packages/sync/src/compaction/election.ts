/** Who of several devices does what all of them could: an order that no one chooses, and that differs each time. */
import { compareBytes, idToBytes, makeByteWriter } from '@poruch/base'
import type { DeviceId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import type { ChainPlace } from './pack-ends.ts'

export interface Election {
  readonly device: DeviceId
  /** All who may do it, with or without the device. */
  readonly candidates: Iterable<DeviceId>
  readonly frontier: readonly ChainPlace[]
}

/** How many candidates come before the device: by SHA-256(device | frontier), lowest first. */
export async function rankOf(suite: VerifySuite, { device, candidates, frontier }: Election): Promise<number> {
  const writer = makeByteWriter()
  for (const end of frontier.toSorted((a, b) => (a.device < b.device ? -1 : 1))) {
    writer.raw(idToBytes(end.device)).u32(end.seq).raw(idToBytes(end.id))
  }
  const place = writer.done()
  const own = await suite.hash('poruch/election v1', idToBytes(device), place)
  let rank = 0
  for (const other of new Set(candidates)) {
    if (other !== device && compareBytes(await suite.hash('poruch/election v1', idToBytes(other), place), own) < 0) rank++
  }
  return rank
}
