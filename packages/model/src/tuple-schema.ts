/** What a guard must know of a document's kind, and the bounds that all tuples share. */
import type { DeviceId } from '@poruch/base'

/** Lamport numbers and wall times are stated in 48 bits. */
export const u48Limit = 2 ** 48

/** What is known of a tuple from outside the document. */
export interface TupleOrigin {
  /** Whose array it stands in. */
  readonly device: DeviceId
  /** The lamport numbers that it may state, both ends included; the envelope's own twice where they must be equal. */
  readonly lamports: { readonly from: number; readonly to: number }
}

/** True if the value is a tuple that this kind of document may hold; a kind of a later version is one, if its common part is right. */
export type TupleSchema = (value: unknown, origin: TupleOrigin) => boolean

/** True for an integer from 0 to 2^48 − 1. */
export function isU48(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < u48Limit
}

/** True if the number lies within what the origin allows. */
export function isAllowedLamport(value: unknown, origin: TupleOrigin): value is number {
  return isU48(value) && value >= origin.lamports.from && value <= origin.lamports.to
}
