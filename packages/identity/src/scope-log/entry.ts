/** Bytes of an entry of a scope's log, and of the record that carries it. */
import type { SigningKey, SignSuite } from '@poruch/crypto/sign'
import type { VerifySuite } from '@poruch/crypto/verify'
import { concatBytes, emptyBytes, idFromBytes, idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, ScopeId } from '@poruch/base'
import { maxCutListBytes, maxEntryBytes, maxRecordBytes } from '../bounds.ts'
import { decodeCbor, encodeCbor, withoutSignature } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import type { RecordBytes } from '../fold-api.ts'
import {
  asBytes,
  asId,
  asMap,
  asOptional,
  asOptionalId,
  asSized,
  asUint,
  checkVersion,
  hashSizeBytes,
  maxU32,
  signatureSizeBytes,
  u32Bytes,
} from '../shape.ts'
import { scopeOpFromCbor, scopeOpToCbor } from './op-codec.ts'
import type { ScopeOp } from './ops.ts'

export const scopeEntryDomain = 'poruch/scope-entry v1'
export const orderDomain = 'poruch/order v1'

export interface ScopeEntry {
  /** Null at position 0: the scope's id is the hash of that entry. */
  readonly scope: ScopeId | null
  readonly pos: number
  /** Null at position 0. */
  readonly prev: EntryId | null
  readonly device: DeviceId
  readonly userLogHead: EntryId
  readonly op: ScopeOp
  readonly sig: Bytes
}

export interface ScopeRecord {
  readonly entry: Bytes
  /** 64 bytes; empty in a proposal. */
  readonly countersignature: Bytes
  /** Empty where the entry carries no cutRoot. */
  readonly cutList: Bytes
}

function optional(id: EntryId | ScopeId | null): Bytes {
  return id === null ? emptyBytes : idToBytes(id)
}

/** The bytes that the author's device signs. @throws IdentityError `unknown-op` */
export function unsignedScopeEntry(entry: Omit<ScopeEntry, 'sig'>): Bytes {
  return encodeCbor(new Map(fields(entry)))
}

function fields(entry: Omit<ScopeEntry, 'sig'>): [number, CborValue][] {
  return [
    [1, 1],
    [2, optional(entry.scope)],
    [3, entry.pos],
    [4, optional(entry.prev)],
    [5, idToBytes(entry.device)],
    [6, idToBytes(entry.userLogHead)],
    [7, scopeOpToCbor(entry.op)],
  ]
}

export function encodeEntry(entry: ScopeEntry): Bytes {
  return encodeCbor(new Map([...fields(entry), [8, entry.sig]]))
}

/** The entry, and what of it was signed. @throws IdentityError */
export function decodeEntry(bytes: Uint8Array): ScopeEntry & { readonly signed: Bytes } {
  const map = asMap(decodeCbor(bytes, maxEntryBytes), 8)
  checkVersion(map)
  return {
    scope: asOptionalId(map.get(2)),
    pos: asUint(map.get(3), maxU32),
    prev: asOptionalId(map.get(4)),
    device: asId(map.get(5)),
    userLogHead: asId(map.get(6)),
    op: scopeOpFromCbor(map.get(7)),
    sig: asSized(map.get(8), signatureSizeBytes),
    signed: withoutSignature(bytes),
  }
}

export function encodeRecord(record: ScopeRecord): RecordBytes {
  return encodeCbor(
    new Map([
      [1, record.entry],
      [2, record.countersignature],
      [3, record.cutList],
    ]),
  )
}

/** The parts; the entry and the cut list are not read yet. @throws IdentityError */
export function decodeRecord(bytes: Uint8Array): ScopeRecord {
  const map = asMap(decodeCbor(bytes, maxRecordBytes), 3)
  return {
    entry: asBytes(map.get(1), maxEntryBytes),
    countersignature: asOptional(map.get(2), signatureSizeBytes),
    cutList: asBytes(map.get(3), maxCutListBytes),
  }
}

export async function entryIdOf(suite: VerifySuite, entry: Uint8Array): Promise<EntryId> {
  return idFromBytes(await suite.hash('poruch/scope-entry-id v1', entry))
}

/** The id of the scope that begins with this entry. */
export async function scopeIdOf(suite: VerifySuite, entry0: Uint8Array): Promise<ScopeId> {
  return idFromBytes(await suite.hash('poruch/scope v1', entry0))
}

export interface OrderedPlace {
  readonly scope: ScopeId
  readonly pos: number
  readonly id: EntryId
  /** Null at position 0. */
  readonly prev: EntryId | null
}

/** What the sequencer signs. */
export function countersignedBytes(place: OrderedPlace): Bytes {
  const prev = place.prev === null ? new Uint8Array(hashSizeBytes) : idToBytes(place.prev)
  return concatBytes(idToBytes(place.scope), u32Bytes(place.pos), idToBytes(place.id), prev)
}

/** The sequencer's signature over an entry's place, 64 bytes. It signs a place once, ever. */
export async function countersign(suite: SignSuite, key: SigningKey, place: OrderedPlace): Promise<Bytes> {
  return suite.sign(key, orderDomain, countersignedBytes(place))
}
