/** Bytes of an entry of a user's log. */
import type { VerifySuite } from '@poruch/crypto/verify'
import { emptyBytes, idFromBytes, idToBytes } from '@poruch/base'
import type { Bytes, EntryId } from '@poruch/base'
import { maxUserEntryBytes } from '../bounds.ts'
import { decodeCbor, encodeCbor } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { asMap, asOptionalId, asSized, asUint, checkVersion, keySizeBytes, maxU32, signatureSizeBytes } from '../shape.ts'
import { userOpFromCbor, userOpToCbor } from './ops.ts'
import type { UserOp } from './ops.ts'

export const userEntryDomain = 'poruch/user-entry v1'

export interface UserEntry {
  readonly seq: number
  /** Null at seq 0. */
  readonly prev: EntryId | null
  readonly op: UserOp
  /** Ed25519 public key. */
  readonly signer: Bytes
  readonly sig: Bytes
}

function fields(entry: Omit<UserEntry, 'sig'>): [number, CborValue][] {
  return [
    [1, 1],
    [2, entry.seq],
    [3, entry.prev ? idToBytes(entry.prev) : emptyBytes],
    [4, userOpToCbor(entry.op)],
    [5, entry.signer],
  ]
}

/** What the signer signs. */
export function unsignedUserEntry(entry: Omit<UserEntry, 'sig'>): Bytes {
  return encodeCbor(new Map(fields(entry)))
}

export function encodeUserEntry(entry: UserEntry): Bytes {
  return encodeCbor(new Map([...fields(entry), [6, entry.sig]]))
}

/** @throws IdentityError */
export function decodeUserEntry(bytes: Uint8Array): UserEntry {
  const map = asMap(decodeCbor(bytes, maxUserEntryBytes), 6)
  checkVersion(map)
  return {
    seq: asUint(map.get(2), maxU32),
    prev: asOptionalId(map.get(3)),
    op: userOpFromCbor(map.get(4)),
    signer: asSized(map.get(5), keySizeBytes),
    sig: asSized(map.get(6), signatureSizeBytes),
  }
}

export async function userEntryId(suite: VerifySuite, bytes: Uint8Array): Promise<EntryId> {
  return idFromBytes(await suite.hash('poruch/user-entry-id v1', bytes))
}
