/** The bytes of a pack: runs of devices' chains, their inner parts and header differences in columns. */
import { BaseError, idFromBytes, idToBytes, makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, Judged } from '@poruch/base'
import type { Inner } from '../envelope/inner.ts'
import { maxInflatedPackBytes, maxPackEntries, maxPackRuns } from '../limits.ts'
import { makeColumnReader, makeColumnWriter } from './columns.ts'
import { deflate, inflate } from './deflate.ts'
import { readEntries, writeEntries } from './pack-columns.ts'

/** What is kept of one envelope's content. */
export type PackContent =
  /** The inner part: sealed again under the nonce it gives the very same bytes. */
  | { readonly mode: 'plain'; readonly inner: Inner }
  /** The sealed bytes themselves: content that does not open, has another form, or is of an epoch that not all readers have. */
  | { readonly mode: 'kept'; readonly ct: Bytes }
  /** The hash of sealed bytes that were erased: the chain stays checkable. `proof`: the Erase, with the id before it. */
  | { readonly mode: 'erased'; readonly ctHash: Bytes; readonly proof: Bytes }

export interface PackEntry {
  readonly kind: number
  readonly gen: number
  readonly pos: number
  readonly lamport: number
  readonly nonce: Bytes
  readonly content: PackContent
}

/** A stretch of one device's chain. The last envelope's signature covers, through the ids, all of them and `prev`. */
export interface PackRun {
  readonly device: DeviceId
  readonly firstSeq: number
  /** The id of the envelope before the first one; null at seq 1. */
  readonly prev: EnvelopeId | null
  readonly sig: Bytes
  readonly entries: readonly PackEntry[]
}

export type PackFormFault = 'bad-pack' | 'unknown-pack-version' | 'pack-too-large'

const packVersion = 1
const nonceSizeBytes = 12
const noPrev = new Uint8Array(32)

/** Each device has one run, in order of device. @throws RangeError for what is over its bounds: the caller's error. */
export function encodePackBody(runs: readonly PackRun[]): Bytes {
  const entries = runs.flatMap((run) => run.entries)
  if (runs.length > maxPackRuns || entries.length > maxPackEntries)
    throw new RangeError(`${entries.length} entries of ${runs.length} devices`)
  const columns = makeColumnWriter()
  writeEntries(columns, runs)
  const plain = columns.done()
  if (plain.length > maxInflatedPackBytes) throw new RangeError(`${plain.length} bytes in one pack`)
  const writer = makeByteWriter().u8(packVersion).u16(runs.length)
  for (const { device, firstSeq, prev, sig, entries: own } of runs) {
    writer
      .raw(idToBytes(device))
      .u32(firstSeq)
      .raw(prev === null ? noPrev : idToBytes(prev))
      .u16(own.length)
      .raw(sig)
  }
  // Nonces do not deflate.
  for (const { nonce } of entries) writer.raw(nonce)
  return writer.u32(plain.length).raw(deflate(plain)).done()
}

/** Judges the form alone: whose runs they are and whether they are signed says `verifyPack`. */
export function decodePackBody(bytes: Uint8Array): Judged<readonly PackRun[], PackFormFault> {
  try {
    return readBody(bytes)
  } catch (thrown) {
    if (thrown instanceof BaseError) return { ok: false, reason: 'bad-pack' }
    throw thrown
  }
}

type RunHead = Omit<PackRun, 'entries'> & { readonly count: number }

function readBody(bytes: Uint8Array): Judged<readonly PackRun[], PackFormFault> {
  const reader = makeByteReader(bytes)
  if (reader.u8() !== packVersion) return { ok: false, reason: 'unknown-pack-version' }
  const runCount = reader.u16()
  if (runCount > maxPackRuns) return { ok: false, reason: 'pack-too-large' }
  const heads = Array.from({ length: runCount }, (): RunHead => {
    const device = idFromBytes<'device'>(reader.raw(32))
    const firstSeq = reader.u32()
    const before = reader.raw(32)
    const prev = before.some((byte) => byte > 0) ? idFromBytes<'envelope'>(before) : null
    return { device, firstSeq, prev, count: reader.u16(), sig: reader.raw(64) }
  })
  const total = heads.reduce((sum, { count }) => sum + count, 0)
  if (total > maxPackEntries) return { ok: false, reason: 'pack-too-large' }
  if (!heads.every((head, index) => isInOrder(head, heads[index - 1]))) return { ok: false, reason: 'bad-pack' }
  const nonces = Array.from({ length: total }, () => reader.raw(nonceSizeBytes))
  const plainSizeBytes = reader.u32()
  if (plainSizeBytes > maxInflatedPackBytes) return { ok: false, reason: 'pack-too-large' }
  const plain = inflate(reader.rest(), plainSizeBytes)
  if (!plain) return { ok: false, reason: 'bad-pack' }
  const columns = makeColumnReader(plain)
  const counts = heads.map(({ count }) => count)
  const entries = readEntries(columns, counts, nonces)
  columns.end()
  if (!entries) return { ok: false, reason: 'bad-pack' }
  return {
    ok: true,
    value: heads.map(({ device, firstSeq, prev, sig }, index) => ({ device, firstSeq, prev, sig, entries: entries[index] ?? [] })),
  }
}

function isInOrder({ device, firstSeq, prev, count }: RunHead, before: RunHead | undefined): boolean {
  return firstSeq > 0 && (firstSeq === 1) === (prev === null) && count > 0 && (before === undefined || before.device < device)
}
