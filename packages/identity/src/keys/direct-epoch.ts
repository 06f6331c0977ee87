/** Bytes of a 1:1 chat's epochs, and what makes one valid. Each device of the two writes under an own chain of them. */
import { emptyBytes, idFromBytes, idToBytes, toHex } from '@poruch/base'
import type { Bytes, DeviceId, EpochId, Judged, ScopeId, UserId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { maxKeyRecordBytes } from '../bounds.ts'
import { decodeCbor, encodeCbor } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { IdentityError } from '../errors.ts'
import { parsed } from '../parse.ts'
import type { ScopeFold } from '../fold-api.ts'
import { prefixSizeBytes } from '../scope-log/op-codec.ts'
import {
  asId,
  asMap,
  asOptional,
  asOptionalId,
  asSized,
  asTuple,
  asUint,
  checkSorted,
  checkVersion,
  hashSizeBytes,
  keySizeBytes,
} from '../shape.ts'
import { maxU32, signatureSizeBytes, u32Bytes } from '../shape.ts'
import { sealedSecretSizeBytes, wrappedSecretSizeBytes } from '../user-log/ops.ts'
import { memberOf } from './sealed-key.ts'
import type { KeyRecordOptions, KeyRecordReason } from './sealed-key.ts'

export const directEpochDomain = 'poruch/direct-epoch v1'

/** A device's own chain begins with this generation. Lower ones are of an earlier version, in which all devices of a user had one chain. */
export const firstOwnGen = 2 ** 31

/** Whose chain an epoch stands in: only one of each generation does. */
export function directChain({ author, device, gen }: Pick<DirectEpoch, 'author' | 'device' | 'gen'>): UserId | DeviceId {
  return gen < firstOwnGen ? author : device
}

/** Whether it is the first of its chain, where there is none before it, or the next. */
export function followsDirect({ gen, prev }: Pick<DirectEpoch, 'gen' | 'prev'>, previous: DirectPlace | null): boolean {
  return gen === (previous ? previous.gen + 1 : firstGenOf(gen)) && prev === (previous?.id ?? null)
}

export interface DirectPlace {
  readonly id: EpochId
  readonly gen: number
}

function firstGenOf(gen: number): number {
  return gen < firstOwnGen ? 0 : firstOwnGen
}

export interface DirectSeal {
  readonly user: UserId
  readonly pukGen: number
  readonly enc: Bytes
  readonly ct: Bytes
}

export interface DirectEpoch {
  readonly workspace: ScopeId
  readonly author: UserId
  readonly other: UserId
  readonly gen: number
  /** The one before it in its chain; null for the first. */
  readonly prev: EpochId | null
  readonly keyCommitment: Bytes
  readonly prevWrapped: Bytes
  /** To both users, in order of their ids. */
  readonly seals: readonly DirectSeal[]
  readonly device: DeviceId
  readonly sig: Bytes
}

/** The implied scope of two members' 1:1 chat; the order of the two does not matter. */
export async function directScopeId(suite: VerifySuite, workspace: ScopeId, users: readonly [UserId, UserId]): Promise<ScopeId> {
  const [lower, higher] = users.toSorted()
  return idFromBytes(
    await suite.hash('poruch/direct v1', idToBytes(workspace), idToBytes(lower ?? users[0]), idToBytes(higher ?? users[1])),
  )
}

/** The topic prefix of a 1:1 scope, 56 hexadecimal characters. */
export async function directTopicPrefix(suite: VerifySuite, scope: ScopeId): Promise<string> {
  return toHex((await suite.hash('poruch/direct-topic v1', idToBytes(scope))).slice(0, prefixSizeBytes))
}

/** What the seals of a direct epoch name in place of an epoch id, which would depend on the seals. */
export async function directEpochRef(
  suite: VerifySuite,
  scope: ScopeId,
  { author, gen }: { author: UserId; gen: number },
): Promise<EpochId> {
  return idFromBytes(await suite.hash('poruch/direct-epoch-ref v1', idToBytes(scope), idToBytes(author), u32Bytes(gen)))
}

export async function directEpochId(suite: VerifySuite, bytes: Uint8Array): Promise<EpochId> {
  return idFromBytes(await suite.hash('poruch/direct-epoch-id v1', bytes))
}

function fields(epoch: Omit<DirectEpoch, 'sig'>): [number, CborValue][] {
  return [
    [1, 1],
    [2, idToBytes(epoch.workspace)],
    [3, idToBytes(epoch.author)],
    [4, idToBytes(epoch.other)],
    [5, epoch.gen],
    [6, epoch.prev ? idToBytes(epoch.prev) : emptyBytes],
    [7, epoch.keyCommitment],
    [8, epoch.prevWrapped],
    [9, epoch.seals.map((seal) => [idToBytes(seal.user), seal.pukGen, seal.enc, seal.ct])],
    [10, idToBytes(epoch.device)],
  ]
}

/** What the author's device signs. */
export function unsignedDirectEpoch(epoch: Omit<DirectEpoch, 'sig'>): Bytes {
  return encodeCbor(new Map(fields(epoch)))
}

export function encodeDirectEpoch(epoch: DirectEpoch): Bytes {
  return encodeCbor(new Map([...fields(epoch), [11, epoch.sig]]))
}

/** @throws IdentityError */
export function decodeDirectEpoch(bytes: Uint8Array): DirectEpoch {
  const map = asMap(decodeCbor(bytes, maxKeyRecordBytes), 11)
  checkVersion(map)
  const author = asId<'user'>(map.get(3))
  const other = asId<'user'>(map.get(4))
  const seals = asTuple(map.get(9), 2).map(sealFromCbor)
  checkSorted(seals.map((seal) => seal.user))
  if (!seals.every((seal) => seal.user === author || seal.user === other)) throw new IdentityError('bad-shape', 'sealed to a third user')
  return {
    workspace: asId(map.get(2)),
    author,
    other,
    gen: asUint(map.get(5), maxU32),
    prev: asOptionalId(map.get(6)),
    keyCommitment: asSized(map.get(7), hashSizeBytes),
    prevWrapped: asOptional(map.get(8), wrappedSecretSizeBytes),
    seals,
    device: asId(map.get(10)),
    sig: asSized(map.get(11), signatureSizeBytes),
  }
}

function sealFromCbor(row: CborValue): DirectSeal {
  const [user, pukGen, enc, ct] = asTuple(row, 4)
  return { user: asId(user), pukGen: asUint(pukGen, maxU32), enc: asSized(enc, keySizeBytes), ct: asSized(ct, sealedSecretSizeBytes) }
}

export interface VerifiedDirectEpoch extends DirectEpoch {
  readonly id: EpochId
  /** The 1:1 scope. */
  readonly scope: ScopeId
}

export interface DirectEpochOptions extends KeyRecordOptions {
  readonly bytes: Uint8Array
  /** The newest known one of its chain, where the caller has it: the new one must follow it. */
  readonly previous?: DirectPlace | null
}

/** Whether two members of this workspace are named, one of them wrote it by a device of theirs, and it follows `previous`. */
export async function verifyDirectEpoch(
  suite: VerifySuite,
  fold: ScopeFold,
  options: DirectEpochOptions,
): Promise<Judged<VerifiedDirectEpoch, KeyRecordReason>> {
  const epoch = parsed(decodeDirectEpoch, options.bytes)
  if (!epoch) return { ok: false, reason: 'bad-bytes' }
  const reason = placeReason(fold, epoch, options)
  if (reason) return { ok: false, reason }
  const good = await suite.verify(idToBytes(epoch.device), directEpochDomain, unsignedDirectEpoch(epoch), epoch.sig)
  if (!good) return { ok: false, reason: 'bad-signature' }
  const scope = await directScopeId(suite, epoch.workspace, [epoch.author, epoch.other])
  return { ok: true, value: { ...epoch, scope, id: await directEpochId(suite, options.bytes) } }
}

function placeReason(fold: ScopeFold, epoch: DirectEpoch, { stored = false, previous }: DirectEpochOptions): KeyRecordReason | null {
  if (epoch.workspace !== fold.scope) return 'wrong-scope'
  const isFirst = epoch.gen === firstGenOf(epoch.gen)
  if (isFirst !== (epoch.prev === null) || isFirst !== (epoch.prevWrapped.length === 0)) return 'bad-chain'
  if (previous !== undefined && !followsDirect(epoch, previous)) return 'bad-chain'
  const readers = epoch.seals.map((seal) => ({ seal, member: fold.member(seal.user) }))
  if (!stored && readers.some(({ member }) => !member)) return 'no-reader'
  if (readers.some(({ seal, member }) => member && seal.pukGen > member.puk.gen)) return 'bad-generation'
  const isAuthors = stored ? fold.ownerOf(epoch.device) === epoch.author : memberOf(fold, epoch.device) === epoch.author
  return isAuthors ? null : 'bad-device'
}
