/** Reads the fields that several rows of a state share. */
import { toHex } from '@poruch/base'
import { asId, asList, asSized, asTuple, asUint, hashSizeBytes, maxU32 } from '../shape.ts'
import { maxCutListBytes } from '../bounds.ts'
import type { CborValue } from '../cbor.ts'
import { roles } from '../roles.ts'
import type { Role } from '../roles.ts'
import { prefixSizeBytes } from '../scope-log/op-codec.ts'
import type { History } from './history.ts'
import type { ChainEnd } from './state.ts'

/** One row of a state: the largest cut list and its head. */
export const maxStateRowBytes = maxCutListBytes + 65_536
/** Items of a list inside a row: the bytes of the row bind before. */
export const maxStateListLength = 65_536

export type Row = readonly CborValue[]
type Field = CborValue | undefined

export const asBit = (value: Field): boolean => asUint(value, 1) === 1
export const asCount = (value: Field): number => asUint(value, maxU32)
/** A position stored as one more than it is, so that −1 can be. */
export const asPosOrNone = (value: Field): number => asCount(value) - 1
export const asRole = (value: Field): Role => asUint(value, roles.owner) as Role
export const asPrefix = (value: Field): string => toHex(asSized(value, prefixSizeBytes))
export const asRows = (value: Field): readonly CborValue[] => asList(value, maxStateListLength)

/** `[pos, …fields]` of `size` fields each. */
export function asHistory<Value>(value: Field, size: number, read: (fields: Row) => Value): History<Value> {
  return asRows(value).map((item) => {
    const [pos, ...fields] = asTuple(item, size + 1)
    return { pos: asCount(pos), value: read(fields) }
  })
}

/** `[topic | device, seq, id]` each. */
export function asEnds(value: Field): ReadonlyMap<string, ChainEnd> {
  return new Map(
    asRows(value).map((item) => {
      const [pair, seq, id] = asTuple(item, 3)
      return [toHex(asSized(pair, 2 * hashSizeBytes)), { seq: asCount(seq), id: asId<'envelope'>(id) }]
    }),
  )
}
