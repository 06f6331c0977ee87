/** Epoch keys: made, committed to, sealed to readers, opened, and followed back in time. */
import { emptyBytes, equalBytes, idToBytes } from '@poruch/base'
import type { Bytes, EpochId, Random, ScopeId, UserId } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import type { EpochInfo } from '../fold-api.ts'
import { readersRootOf } from '../fold/epochs.ts'
import type { Reader } from '../fold/epochs.ts'
import { commitInfo, epochKeyInfo, epochKeySizeBytes, epochWrapInfo, sealContext, wrapContext } from '../keys/epoch-key.ts'
import type { SealTarget } from '../keys/epoch-key.ts'
import { encodeSealedKey, sealedKeyDomain, unsignedSealedKey } from '../keys/sealed-key.ts'
import type { SealedKey } from '../keys/sealed-key.ts'
import { draftEpoch } from './drafts.ts'
import type { Draft } from './propose.ts'
import { pukKeyOf } from './puk.ts'
import type { PukSeeds } from './puk.ts'
import { deviceIdOf } from './user-entries.ts'
import { openWrapped, wrapSecret } from './wrapping.ts'

/** The commitment that an epoch states: 32 bytes. */
export async function commitmentOf(suite: Suite, scope: ScopeId, key: Bytes): Promise<Bytes> {
  return suite.deriveBytes(key, idToBytes(scope), commitInfo, epochKeySizeBytes)
}

export interface NewEpochOptions {
  readonly suite: Suite
  readonly random: Random
  readonly scope: ScopeId
  readonly gen: number
  /** The members after the entry before this one. */
  readonly readers: readonly Reader[]
  /** The newest earlier key that is held, under the policy `full`; null at gen 0 and under `since-join`. */
  readonly previousKey: Bytes | null
}

/** A fresh key, and the entry that opens its epoch. */
export async function createEpoch({
  suite,
  random,
  scope,
  gen,
  readers,
  previousKey,
}: NewEpochOptions): Promise<{ readonly key: Bytes; readonly draft: Draft }> {
  const key = random.bytes(epochKeySizeBytes)
  const [keyCommitment, readersRoot, prevWrapped] = await Promise.all([
    commitmentOf(suite, scope, key),
    readersRootOf(suite, readers),
    previousKey ? wrapPreviousKey({ suite, random, scope, gen, key, previousKey }) : emptyBytes,
  ])
  return { key, draft: draftEpoch({ gen, keyCommitment, readersRoot, prevWrapped }) }
}

/** What opens to the previous epoch's key under this one's. */
export async function wrapPreviousKey({
  suite,
  random,
  scope,
  gen,
  key,
  previousKey,
}: {
  suite: Suite
  random: Random
  scope: ScopeId
  gen: number
  key: Bytes
  previousKey: Bytes
}): Promise<Bytes> {
  return wrapSecret({ suite, random, key, salt: idToBytes(scope), info: epochWrapInfo, aad: wrapContext(scope, gen), secret: previousKey })
}

export interface SealOptions {
  readonly suite: Suite
  readonly device: SigningKey
  readonly scope: ScopeId
  readonly epoch: EpochId
  readonly key: Bytes
  readonly reader: { readonly user: UserId; readonly puk: { readonly gen: number; readonly publicKey: Bytes } }
}

/** The bytes of a sealed key. @throws CryptoError `bad-key` when the reader's key is not one */
export async function sealEpochKey({ suite, device, scope, epoch, key, reader }: SealOptions): Promise<Bytes> {
  const target = { scope, epoch, user: reader.user, pukGen: reader.puk.gen }
  const sealed = await suite.hpkeSeal(reader.puk.publicKey, epochKeyInfo, sealContext(target), key)
  const unsigned = { ...target, ...sealed, device: deviceIdOf(device) }
  return encodeSealedKey({ ...unsigned, sig: await suite.sign(device, sealedKeyDomain, unsignedSealedKey(unsigned)) })
}

/** The key, or null when it is sealed to another generation, does not open, or is not the one that the epoch committed to. */
export async function openSealedKey({
  suite,
  pukSeeds,
  sealed,
  keyCommitment,
}: {
  suite: Suite
  pukSeeds: PukSeeds
  sealed: SealedKey
  keyCommitment: Bytes
}): Promise<Bytes | null> {
  return openSeal({ suite, pukSeeds, target: sealed, sealed, keyCommitment })
}

/** As above, for any seal of an epoch key. */
export async function openSeal(options: {
  suite: Suite
  pukSeeds: PukSeeds
  target: SealTarget
  sealed: { enc: Bytes; ct: Bytes }
  keyCommitment: Bytes
}): Promise<Bytes | null> {
  const { suite, target, sealed } = options
  const seed = options.pukSeeds.get(target.pukGen)
  if (!seed) return null
  const key = await suite.hpkeOpen(await pukKeyOf(suite, seed), { enc: sealed.enc, ct: sealed.ct }, epochKeyInfo, sealContext(target))
  return key && (await committed(suite, target.scope, { key, keyCommitment: options.keyCommitment })) ? key : null
}

async function committed(suite: Suite, scope: ScopeId, { key, keyCommitment }: { key: Bytes; keyCommitment: Bytes }): Promise<boolean> {
  return equalBytes(await commitmentOf(suite, scope, key), keyCommitment)
}

type WrappingEpoch = Pick<EpochInfo, 'gen' | 'keyCommitment' | 'prevWrapped'>

interface Wrapping {
  readonly suite: Suite
  readonly scope: ScopeId
  readonly key: Bytes
  readonly newer: WrappingEpoch
}

/** What is wrapped under `key` of an epoch, and the commitment that it has; null when nothing is, or it does not open. */
async function openPrevious({ suite, scope, key, newer }: Wrapping): Promise<{ readonly key: Bytes; readonly commitment: Bytes } | null> {
  const wrapping = { suite, key, salt: idToBytes(scope), info: epochWrapInfo, aad: wrapContext(scope, newer.gen) }
  const previous = await openWrapped({ ...wrapping, wrapped: newer.prevWrapped })
  return previous && { key: previous, commitment: await commitmentOf(suite, scope, previous) }
}

/** The key of `older`, wrapped under `key` of a later epoch; null when there is none or it is not the one committed to. */
export async function unwrapPreviousKey({ older, ...wrapping }: Wrapping & { readonly older: WrappingEpoch }): Promise<Bytes | null> {
  const previous = await openPrevious(wrapping)
  return previous && equalBytes(previous.commitment, older.keyCommitment) ? previous.key : null
}

/**
 * The keys of all generations that `key` of `gen` leads back to, its own included. One step per generation; an epoch whose key its
 * successor's author did not have is skipped: the commitments say which key was wrapped.
 */
export async function unwrapPreviousKeys({
  suite,
  scope,
  epochs,
  gen,
  key,
}: {
  suite: Suite
  scope: ScopeId
  epochs: readonly WrappingEpoch[]
  gen: number
  key: Bytes
}): Promise<ReadonlyMap<number, Bytes>> {
  const keys = new Map([[gen, key]])
  let at = { gen, key }
  for (;;) {
    const { gen: from, key: current } = at
    const newer = epochs.find((epoch) => epoch.gen === from)
    const previous = newer && (await openPrevious({ suite, scope, key: current, newer }))
    const older = previous && epochs.findLast((epoch) => epoch.gen < from && equalBytes(epoch.keyCommitment, previous.commitment))
    if (!older) return keys
    keys.set(older.gen, previous.key)
    at = { gen: older.gen, key: previous.key }
  }
}
