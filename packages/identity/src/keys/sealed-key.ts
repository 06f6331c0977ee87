/** Bytes of a sealed key, and who may add one. */
import { idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EpochId, Judged, ScopeId, UserId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { maxKeyRecordBytes } from '../bounds.ts'
import { decodeCbor, encodeCbor } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { parsed } from '../parse.ts'
import type { ScopeFold } from '../fold-api.ts'
import { asId, asMap, asSized, asUint, checkVersion, keySizeBytes, maxU32, signatureSizeBytes } from '../shape.ts'
import { sealedSecretSizeBytes } from '../user-log/ops.ts'

export const sealedKeyDomain = 'poruch/sealed-key v1'

export interface SealedKey {
  readonly scope: ScopeId
  readonly epoch: EpochId
  /** The reader that it is sealed to. */
  readonly user: UserId
  readonly pukGen: number
  readonly enc: Bytes
  readonly ct: Bytes
  /** Whose device sealed it. */
  readonly device: DeviceId
  readonly sig: Bytes
}

function fields(key: Omit<SealedKey, 'sig'>): [number, CborValue][] {
  return [
    [1, 1],
    [2, idToBytes(key.scope)],
    [3, idToBytes(key.epoch)],
    [4, idToBytes(key.user)],
    [5, key.pukGen],
    [6, key.enc],
    [7, key.ct],
    [8, idToBytes(key.device)],
  ]
}

/** What the sealing device signs. */
export function unsignedSealedKey(key: Omit<SealedKey, 'sig'>): Bytes {
  return encodeCbor(new Map(fields(key)))
}

export function encodeSealedKey(key: SealedKey): Bytes {
  return encodeCbor(new Map([...fields(key), [9, key.sig]]))
}

/** @throws IdentityError */
export function decodeSealedKey(bytes: Uint8Array): SealedKey {
  const map = asMap(decodeCbor(bytes, maxKeyRecordBytes), 9)
  checkVersion(map)
  return {
    scope: asId(map.get(2)),
    epoch: asId(map.get(3)),
    user: asId(map.get(4)),
    pukGen: asUint(map.get(5), maxU32),
    enc: asSized(map.get(6), keySizeBytes),
    ct: asSized(map.get(7), sealedSecretSizeBytes),
    device: asId(map.get(8)),
    sig: asSized(map.get(9), signatureSizeBytes),
  }
}

export type KeyRecordReason =
  | 'bad-bytes'
  | 'wrong-scope'
  | 'unknown-epoch'
  | 'no-reader'
  | 'bad-generation'
  | 'bad-device'
  | 'bad-signature'
  | 'bad-chain'

export interface KeyRecordOptions {
  /**
   * True for a record from storage: its sealer and its reader need only ever have been in this log. False for a new one, whose sealer
   * and reader must be present members. The reader checks the commitment either way.
   */
  readonly stored?: boolean
}

/** Whether a record belongs to an epoch of this log, for a reader of it, by a member's device. One signature. */
export async function verifySealedKey(
  suite: VerifySuite,
  fold: ScopeFold,
  { bytes, stored = false }: KeyRecordOptions & { readonly bytes: Uint8Array },
): Promise<Judged<SealedKey, KeyRecordReason>> {
  const key = parsed(decodeSealedKey, bytes)
  if (!key) return { ok: false, reason: 'bad-bytes' }
  if (key.scope !== fold.scope) return { ok: false, reason: 'wrong-scope' }
  if (!fold.epochs().some((epoch) => epoch.id === key.epoch)) return { ok: false, reason: 'unknown-epoch' }
  const reader = fold.member(key.user)
  if (!stored && (!reader || fold.removedOnAnyBranch(key.user))) return { ok: false, reason: 'no-reader' }
  if (reader && (stored ? key.pukGen > reader.puk.gen : key.pukGen !== reader.puk.gen)) return { ok: false, reason: 'bad-generation' }
  if (!(stored ? fold.ownerOf(key.device) : memberOf(fold, key.device))) return { ok: false, reason: 'bad-device' }
  const good = await suite.verify(idToBytes(key.device), sealedKeyDomain, unsignedSealedKey(key), key.sig)
  return good ? { ok: true, value: key } : { ok: false, reason: 'bad-signature' }
}

/** The present member whose live device this is, or null. */
export function memberOf(fold: ScopeFold, device: DeviceId): UserId | null {
  const head = fold.head()
  const user = head && fold.userOf(device, head.pos)
  return user && fold.member(user) ? user : null
}
