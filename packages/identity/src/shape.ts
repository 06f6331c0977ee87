/** Reads typed fields out of decoded CBOR; everything that does not fit is `bad-shape`. */
import { copyBytes, idFromBytes } from '@poruch/base'
import type { Bytes, Id } from '@poruch/base'
import type { CborMap, CborValue } from './cbor.ts'
import { IdentityError } from './errors.ts'

export const keySizeBytes = 32
export const signatureSizeBytes = 64
export const hashSizeBytes = 32
export const maxU32 = 2 ** 32 - 1
export const maxU48 = 2 ** 48 - 1

function badShape(what: string): IdentityError {
  return new IdentityError('bad-shape', what)
}

/** The map, which has exactly the keys 1…`count`. @throws IdentityError `bad-shape` */
export function asMap(value: CborValue | undefined, count: number): CborMap {
  if (!(value instanceof Map) || value.size !== count) throw badShape(`no map of ${count}`)
  for (let key = 1; key <= count; key++) if (!value.has(key)) throw badShape(`key ${key} is missing`)
  return value
}

/** @throws IdentityError `unknown-version` unless key 1 holds 1 */
export function checkVersion(map: CborMap): void {
  if (map.get(1) !== 1) throw new IdentityError('unknown-version', 'only version 1 is known')
}

/** @throws IdentityError `bad-shape` */
export function asList(value: CborValue | undefined, maxLength: number): readonly CborValue[] {
  if (!Array.isArray(value) || value.length > maxLength) throw badShape(`no array of at most ${maxLength}`)
  return value as readonly CborValue[]
}

/** The array of exactly `length` items. @throws IdentityError `bad-shape` */
export function asTuple(value: CborValue | undefined, length: number): readonly CborValue[] {
  const list = asList(value, length)
  if (list.length !== length) throw badShape(`${list.length} items instead of ${length}`)
  return list
}

/** @throws IdentityError `bad-shape` */
export function asUint(value: CborValue | undefined, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) throw badShape(`no integer up to ${max}`)
  return value
}

/** Bytes of at most `maxBytes`. @throws IdentityError `bad-shape` */
export function asBytes(value: CborValue | undefined, maxBytes: number): Bytes {
  if (!(value instanceof Uint8Array) || value.length > maxBytes) throw badShape(`no bytes up to ${maxBytes}`)
  return copyBytes(value)
}

/** Exactly `sizeBytes` bytes. @throws IdentityError `bad-shape` */
export function asSized(value: CborValue | undefined, sizeBytes: number): Bytes {
  const bytes = asBytes(value, sizeBytes)
  if (bytes.length !== sizeBytes) throw badShape(`${bytes.length} bytes instead of ${sizeBytes}`)
  return bytes
}

/** Empty, or exactly `sizeBytes` bytes. @throws IdentityError `bad-shape` */
export function asOptional(value: CborValue | undefined, sizeBytes: number): Bytes {
  return value instanceof Uint8Array && value.length === 0 ? asSized(value, 0) : asSized(value, sizeBytes)
}

/** @throws IdentityError `bad-shape` */
export function asId<Name extends string>(value: CborValue | undefined): Id<Name> {
  return idFromBytes<Name>(asSized(value, hashSizeBytes))
}

/** An id, or null for empty bytes. @throws IdentityError `bad-shape` */
export function asOptionalId<Name extends string>(value: CborValue | undefined): Id<Name> | null {
  return value instanceof Uint8Array && value.length === 0 ? null : asId<Name>(value)
}

/** Throws unless every key is above the one before. @throws IdentityError `bad-shape` */
export function checkSorted(keys: readonly string[]): void {
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] ?? '') >= (keys[index] ?? '')) throw badShape('not sorted, or twice the same')
  }
}

/** u32, big-endian. */
export function u32Bytes(value: number): Bytes {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
