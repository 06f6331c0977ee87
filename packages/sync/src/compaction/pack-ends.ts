/** Where a pack's chains end, in front of its sealed content: a relay that cannot open it can go on from there. */
import { idFromBytes, idToBytes, makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId } from '@poruch/base'
import type { Envelope } from '../envelope/header.ts'

/** An envelope of a device's chain; in a list of ends the last one. */
export interface ChainPlace {
  readonly device: DeviceId
  readonly seq: number
  readonly id: EnvelopeId
}

const endSizeBytes = 32 + 4 + 32

export interface PackParts {
  /** In order of device. Empty for a pack of the first version, which does not say. */
  readonly ends: readonly ChainPlace[]
  readonly sealed: Bytes
}

/** The ends as bytes. @throws RangeError when a seq does not fit */
export function encodeEnds(ends: readonly ChainPlace[]): Bytes {
  const writer = makeByteWriter()
  for (const { device, seq, id } of ends) writer.raw(idToBytes(device)).u32(seq).raw(idToBytes(id))
  return writer.done()
}

/** How many there are says the header's seq. Null when they are not in order of device, or too short. Its author has signed them. */
export function splitPack({ header, ct }: Pick<Envelope, 'header' | 'ct'>): PackParts | null {
  const size = header.seq * endSizeBytes
  if (size > ct.length) return null
  const reader = makeByteReader(ct.subarray(0, size))
  const ends = Array.from({ length: header.seq }, () => {
    return { device: idFromBytes<'device'>(reader.raw(32)), seq: reader.u32(), id: idFromBytes<'envelope'>(reader.raw(32)) }
  })
  const isOrdered = ends.every(({ device, seq }, index) => seq > 0 && (index === 0 || (ends[index - 1]?.device ?? '') < device))
  return isOrdered ? { ends, sealed: new Uint8Array(ct.subarray(size)) } : null
}
