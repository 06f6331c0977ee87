/** The 53 bytes in front of every envelope, and where its parts lie. */
import { concatBytes, idFromBytes, idToBytes, makeByteReader, makeByteWriter, parseHex, toHex } from '@poruch/base'
import type { Bytes, EntryId, EnvelopeId, Id, Judged } from '@poruch/base'
import { maxCompactSizeBytes, maxEnvelopeSizeBytes, maxPackRuns } from '../limits.ts'
import { decodeProof, encodeProof } from './erased.ts'
import type { ErasedContent } from './erased.ts'

export const headerSizeBytes = 53
export const envelopeSignatureSizeBytes = 64
const sealTagSizeBytes = 16
/** Where the head hint lies. */
export const headHintOffsetBytes = headerSizeBytes - 4
const ctHashSizeBytes = 32
const idSizeBytes = 32

export const envelopeVersion = 1
/** In place of the version where the content was erased. */
const erasedVersion = 0x81
export const envelopeSuite = 1

/**
 * update: one update; batch: several; pack: what stands in many; ephemeral and beacon: never stored; erase: takes the content of
 * another one. Snapshots have their number and come later.
 */
export const envelopeKinds = { update: 1, batch: 2, snapshot: 3, pack: 4, ephemeral: 5, beacon: 6, erase: 7 } as const
const laterKinds: ReadonlySet<number> = new Set([envelopeKinds.snapshot])

/** `stored`: an element of its device's chain · `compact`: says again what chains say · `fleeting`: kept nowhere. */
export type KindGroup = 'stored' | 'compact' | 'fleeting'
const groups: ReadonlyMap<number, KindGroup> = new Map([
  [envelopeKinds.update, 'stored'],
  [envelopeKinds.batch, 'stored'],
  [envelopeKinds.erase, 'stored'],
  [envelopeKinds.pack, 'compact'],
  [envelopeKinds.ephemeral, 'fleeting'],
  [envelopeKinds.beacon, 'fleeting'],
])

/** Null for a kind that is not read. */
export function groupOf(kind: number): KindGroup | null {
  return groups.get(kind) ?? null
}

export interface EnvelopeHeader {
  readonly kind: number
  readonly gen: number
  /** The first 8 bytes of the device key, 16 hexadecimal characters. */
  readonly deviceIndex: string
  /** From 1 along a device's chain; 0 for what is kept nowhere. Of a pack: how many ends of chains stand before its sealed content. */
  readonly seq: number
  readonly pos: number
  readonly lamport: number
  /** 12 bytes. */
  readonly nonce: Bytes
  /** The first 4 bytes of the previous envelope's id, 8 hexadecimal characters; zeros when there is none. */
  readonly prevHint: string
  /** The first 4 bytes of the entry id at `pos`. */
  readonly headHint: string
}

export interface Envelope {
  readonly header: EnvelopeHeader
  readonly headerBytes: Bytes
  /** Empty where it was erased. */
  readonly ct: Bytes
  readonly sig: Bytes
  readonly erased: ErasedContent | null
  /** Of a pack that gave its place to another one with the same ends. */
  readonly replaced: ReplacedPack | null
}

/** What is left of a pack: its id follows from the hash of its content, as before. */
export interface ReplacedPack {
  readonly ctHash: Bytes
  /** The pack that holds all of it but what was erased. */
  readonly by: EnvelopeId
}

export type EnvelopeFormFault =
  | 'too-large'
  | 'bad-envelope'
  | 'unknown-version'
  | 'unknown-suite'
  | 'unknown-kind'
  | 'kind-not-yet'
  | 'bucket-not-yet'

/** The hint of an id: its first 4 bytes as hexadecimal characters. */
export function hintOf(id: EnvelopeId | EntryId | null): string {
  return id === null ? '00000000' : id.slice(0, 8)
}

/** The device index of a device id. */
export function deviceIndexOf(device: Id<'device'>): string {
  return device.slice(0, 16)
}

/** @throws RangeError when a field does not fit its place. */
export function encodeHeader(header: EnvelopeHeader): Bytes {
  return makeByteWriter()
    .u8(envelopeVersion)
    .u8(envelopeSuite)
    .u8(header.kind)
    .u32(header.gen)
    .raw(fixed(header.deviceIndex, 8))
    .u32(header.seq)
    .u32(header.pos)
    .u48(header.lamport)
    .u32(0)
    .raw(fixed(toHex(header.nonce), 12))
    .raw(fixed(header.prevHint, 4))
    .raw(fixed(header.headHint, 4))
    .done()
}

function fixed(hex: string, sizeBytes: number): Bytes {
  const bytes = parseHex(hex)
  if (bytes?.length !== sizeBytes) throw new RangeError(`${hex.length} characters instead of ${2 * sizeBytes}`)
  return bytes
}

/** The parts of an envelope that came from outside, or what is wrong with its form. Says nothing of who wrote it. */
export function decodeEnvelope(bytes: Uint8Array): Judged<Envelope, EnvelopeFormFault> {
  if (bytes.length > sizeBoundOf(bytes)) return { ok: false, reason: 'too-large' }
  if (bytes.length < headerSizeBytes + sealTagSizeBytes + envelopeSignatureSizeBytes) return { ok: false, reason: 'bad-envelope' }
  const reader = makeByteReader(bytes)
  const version = reader.u8()
  const isErased = version === erasedVersion
  if (version !== envelopeVersion && !isErased) return { ok: false, reason: 'unknown-version' }
  if (reader.u8() !== envelopeSuite) return { ok: false, reason: 'unknown-suite' }
  const kind = reader.u8()
  if (laterKinds.has(kind)) return { ok: false, reason: 'kind-not-yet' }
  if (groupOf(kind) === null) return { ok: false, reason: 'unknown-kind' }
  const place = { gen: reader.u32(), deviceIndex: toHex(reader.raw(8)), seq: reader.u32(), pos: reader.u32(), lamport: reader.u48() }
  const bucket = reader.u32()
  const rest = { nonce: reader.raw(12), prevHint: toHex(reader.raw(4)), headHint: toHex(reader.raw(4)) }
  const header: EnvelopeHeader = { kind, ...place, ...rest }
  if (bucket !== 0) return { ok: false, reason: 'bucket-not-yet' }
  if (!isConsistent(header)) return { ok: false, reason: 'bad-envelope' }
  const headerBytes = new Uint8Array(bytes.subarray(0, headerSizeBytes))
  if (isErased) return readErased({ header, headerBytes }, bytes.subarray(headerSizeBytes))
  const ct = reader.raw(reader.left() - envelopeSignatureSizeBytes)
  return { ok: true, value: { header, headerBytes, ct, sig: reader.rest(), erased: null, replaced: null } }
}

/** What is left of an envelope, and by what right: the id follows from the header as it was, and the hash of what was sealed. */
function readErased(head: Pick<Envelope, 'header' | 'headerBytes'>, rest: Uint8Array): Judged<Envelope, EnvelopeFormFault> {
  const { kind } = head.header
  const end = ctHashSizeBytes + envelopeSignatureSizeBytes
  head.headerBytes[0] = envelopeVersion
  const [ctHash, sig] = [new Uint8Array(rest.subarray(0, ctHashSizeBytes)), new Uint8Array(rest.subarray(ctHashSizeBytes, end))]
  const left = { ...head, ct: new Uint8Array(0), sig }
  const reason = rest.subarray(end)
  if (kind === envelopeKinds.pack && reason.length === idSizeBytes)
    return { ok: true, value: { ...left, erased: null, replaced: { ctHash, by: idFromBytes<'envelope'>(reason) } } }
  const proof = kind === envelopeKinds.update || kind === envelopeKinds.batch ? decodeProof(reason) : null
  return proof ? { ok: true, value: { ...left, erased: { ctHash, ...proof }, replaced: null } } : { ok: false, reason: 'bad-envelope' }
}

/** Whether these are the bytes of an envelope whose content was erased, or of a pack that gave its place to another one. */
export function isErasedForm(bytes: Uint8Array): boolean {
  return bytes[0] === erasedVersion
}

/** The erased form of an envelope: what is stored and sent in its place. */
export function encodeErased({ headerBytes, sig }: Pick<Envelope, 'headerBytes' | 'sig'>, erased: ErasedContent): Bytes {
  const head = headerBytes.slice()
  head[0] = erasedVersion
  return concatBytes(head, erased.ctHash, sig, encodeProof(erased))
}

/** The replaced form of a pack: what is kept and sent in its place, so that those behind it still follow it. */
export function encodeReplaced({ headerBytes, sig }: Pick<Envelope, 'headerBytes' | 'sig'>, { ctHash, by }: ReplacedPack): Bytes {
  const head = headerBytes.slice()
  head[0] = erasedVersion
  return concatBytes(head, ctHash, sig, idToBytes(by))
}

/** The kind lies after version and suite. */
function sizeBoundOf(bytes: Uint8Array): number {
  return groupOf(bytes[2] ?? 0) === 'compact' ? maxCompactSizeBytes : maxEnvelopeSizeBytes
}

/** One writing for one meaning: no seq, prev or lamport where there is no chain, no prev at a chain's start, no position for a beacon. */
function isConsistent(header: EnvelopeHeader): boolean {
  const noPrev = header.prevHint === '00000000'
  const group = groupOf(header.kind)
  if (header.kind === envelopeKinds.beacon && header.pos !== 0) return false
  if (group === 'fleeting') return header.seq === 0 && header.lamport === 0 && noPrev
  if (group === 'compact') return header.seq <= maxPackRuns && header.lamport > 0
  return header.seq > 0 && header.lamport > 0 && (header.seq > 1 || noPrev)
}
