/** What a beacon says: how far its author's device knows log and topics, and whose beacons it has heard. */
import { BaseError, idFromBytes, idToBytes, makeByteReader, makeByteWriter, parseHex, toHex } from '@poruch/base'
import type { Bytes, EntryId, TopicId } from '@poruch/base'
import { maxBeaconEnds, maxBeaconsHeard } from '../limits.ts'
import { pad, unpad } from './inner.ts'

/** A chain as far as a relay has acknowledged or shown it to the author. */
export interface BeaconEnd {
  readonly topic: TopicId
  /** The first 8 bytes of the device key, 16 hexadecimal characters. */
  readonly deviceIndex: string
  readonly seq: number
  /** The first 8 bytes of the envelope id there, 16 hexadecimal characters. */
  readonly id: string
}

export interface Beacon {
  /** The device goes offline now. */
  readonly isLeaving: boolean
  /** 16 bytes, 32 hexadecimal characters: one time that the device was online. */
  readonly session: string
  /** Grows within a session. */
  readonly counter: number
  /** The end of the log that the author knows. */
  readonly head: { readonly pos: number; readonly id: EntryId }
  /** The first 8 bytes (16 hexadecimal characters) of the ids of beacons heard of late. */
  readonly heard: readonly string[]
  readonly ends: readonly BeaconEnd[]
}

/** @throws RangeError when a field does not fit. */
export function encodeBeacon({ isLeaving, session, counter, head, heard, ends }: Beacon): Bytes {
  const writer = makeByteWriter()
    .u8(isLeaving ? 1 : 0)
    .raw(bytesOf(session))
    .u32(counter)
    .u32(head.pos)
    .raw(idToBytes(head.id))
  writer.u8(heard.length)
  for (const name of heard) writer.raw(bytesOf(name))
  writer.u8(ends.length)
  for (const { topic, deviceIndex, seq, id } of ends) writer.raw(idToBytes(topic)).raw(bytesOf(deviceIndex)).u32(seq).raw(bytesOf(id))
  return pad(writer.done())
}

/** Null when it is not the one writing of anything. */
export function decodeBeacon(padded: Uint8Array): Beacon | null {
  const inner = unpad(padded)
  if (!inner) return null
  try {
    const reader = makeByteReader(inner)
    const flags = reader.u8()
    const session = toHex(reader.raw(16))
    const counter = reader.u32()
    const head = { pos: reader.u32(), id: idFromBytes<'entry'>(reader.raw(32)) }
    const heardCount = reader.u8()
    const heard = heardCount > maxBeaconsHeard ? null : Array.from({ length: heardCount }, () => toHex(reader.raw(8)))
    const endCount = heard && reader.u8()
    if (flags > 1 || heard === null || endCount === null || endCount > maxBeaconEnds) return null
    const ends = Array.from({ length: endCount }, () => ({
      topic: idFromBytes<'topic'>(reader.raw(32)),
      deviceIndex: toHex(reader.raw(8)),
      seq: reader.u32(),
      id: toHex(reader.raw(8)),
    }))
    reader.end()
    return { isLeaving: flags === 1, session, counter, head, heard, ends }
  } catch (thrown) {
    if (thrown instanceof BaseError) return null
    throw thrown
  }
}

function bytesOf(hex: string): Bytes {
  const bytes = parseHex(hex)
  if (!bytes) throw new RangeError('not hexadecimal')
  return bytes
}
