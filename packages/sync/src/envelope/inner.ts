/** What is sealed inside an envelope, padded so that its length tells little. */
import { BaseError, makeByteReader, makeByteWriter, parseHex, toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { padmeLength } from '@poruch/crypto/verify'
import { maxDeps, maxUpdateSizeBytes } from '../limits.ts'
import { envelopeKinds } from './header.ts'

export interface Dep {
  /** The first 8 bytes of the device key, 16 hexadecimal characters. */
  readonly deviceIndex: string
  readonly seq: number
}

export interface Inner {
  /** In order of device index, each device once. */
  readonly deps: readonly Dep[]
  readonly n: number
  readonly updates: readonly Bytes[]
}

export interface EphemeralInner {
  /** 16 bytes, 32 hexadecimal characters. */
  readonly session: string
  readonly counter: number
  readonly expiresAtMs: number
  readonly body: Bytes
}

/** The kind that holds so many updates. */
export function kindOf(updates: readonly Bytes[]): number {
  return updates.length === 1 ? envelopeKinds.update : envelopeKinds.batch
}

/** @throws RangeError when a field does not fit. */
export function encodeInner({ deps, n, updates }: Inner): Bytes {
  const writer = makeByteWriter().u16(deps.length)
  for (const dep of deps) writer.raw(indexBytes(dep.deviceIndex)).u32(dep.seq)
  writer.u16(n)
  const [only] = updates
  if (kindOf(updates) === envelopeKinds.update && only) writer.raw(only)
  else {
    writer.u16(updates.length)
    for (const update of updates) writer.bytes32(update)
  }
  return pad(writer.done())
}

/** Null when it is not the one writing of anything. */
export function decodeInner(kind: number, padded: Uint8Array): Inner | null {
  return readWhole(padded, (reader) => {
    const count = reader.u16()
    if (count > maxDeps) return null
    const deps = Array.from({ length: count }, () => ({ deviceIndex: toHex(reader.raw(8)), seq: reader.u32() }))
    const isOrdered = deps.every((dep, index) => dep.seq > 0 && (index === 0 || (deps[index - 1]?.deviceIndex ?? '') < dep.deviceIndex))
    if (!isOrdered) return null
    const n = reader.u16()
    if (kind !== envelopeKinds.batch) return { deps, n, updates: [reader.rest()] }
    const updates = Array.from({ length: reader.u16() }, () => reader.bytes32(maxUpdateSizeBytes))
    // A batch of one has its own kind, so that there is one writing for it.
    return updates.length === 1 ? null : { deps, n, updates }
  })
}

export function encodeEphemeralInner({ session, counter, expiresAtMs, body }: EphemeralInner): Bytes {
  return pad(makeByteWriter().raw(indexBytes(session)).u32(counter).u48(expiresAtMs).raw(body).done())
}

export function decodeEphemeralInner(padded: Uint8Array): EphemeralInner | null {
  return readWhole(padded, (reader) => ({
    session: toHex(reader.raw(16)),
    counter: reader.u32(),
    expiresAtMs: reader.u48(),
    body: reader.rest(),
  }))
}

function indexBytes(hex: string): Bytes {
  const bytes = parseHex(hex)
  if (!bytes) throw new RangeError('not hexadecimal')
  return bytes
}

/** The one 0x80 and zeros up to the Padmé length. */
export function pad(inner: Bytes): Bytes {
  const padded = new Uint8Array(padmeLength(inner.length + 1))
  padded.set(inner)
  padded[inner.length] = 0x80
  return padded
}

/** Null when it was not padded so. */
export function unpad(padded: Uint8Array): Uint8Array | null {
  let end = padded.length - 1
  while (end >= 0 && padded[end] === 0) end--
  if (padded[end] !== 0x80 || padmeLength(end + 1) !== padded.length) return null
  return padded.subarray(0, end)
}

function readWhole<T>(padded: Uint8Array, read: (reader: ReturnType<typeof makeByteReader>) => T | null): T | null {
  const inner = unpad(padded)
  if (!inner) return null
  try {
    const reader = makeByteReader(inner)
    const value = read(reader)
    reader.end()
    return value
  } catch (thrown) {
    if (thrown instanceof BaseError) return null
    throw thrown
  }
}
