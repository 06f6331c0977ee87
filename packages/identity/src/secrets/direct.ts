/** The keys of 1:1 chats: each device of the two opens own epochs, sealed to both. */
import { emptyBytes } from '@poruch/base'
import type { Bytes, EpochId, Random, ScopeId, UserId } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import {
  directEpochDomain,
  directEpochId,
  directEpochRef,
  directScopeId,
  encodeDirectEpoch,
  firstOwnGen,
  unsignedDirectEpoch,
} from '../keys/direct-epoch.ts'
import type { DirectEpoch, DirectSeal } from '../keys/direct-epoch.ts'
import { epochKeyInfo, epochKeySizeBytes, sealContext } from '../keys/epoch-key.ts'
import { commitmentOf, openSeal, wrapPreviousKey } from './epoch-keys.ts'
import type { PukSeeds } from './puk.ts'
import { deviceIdOf } from './user-entries.ts'

export interface DirectParty {
  readonly user: UserId
  readonly puk: { readonly gen: number; readonly publicKey: Bytes }
}

export interface NewDirectEpochOptions {
  readonly suite: Suite
  readonly random: Random
  readonly device: SigningKey
  readonly workspace: ScopeId
  readonly author: DirectParty
  readonly other: DirectParty
  /** The device's newest epoch in this chat; null for its first. */
  readonly previous: { readonly id: EpochId; readonly gen: number; readonly key: Bytes } | null
}

/** The device's next epoch: its record, id and key. */
export async function createDirectEpoch(
  options: NewDirectEpochOptions,
): Promise<{ readonly bytes: Bytes; readonly id: EpochId; readonly gen: number; readonly key: Bytes }> {
  const { suite, random, workspace, author, other, previous } = options
  const scope = await directScopeId(suite, workspace, [author.user, other.user])
  const gen = previous ? previous.gen + 1 : firstOwnGen
  const key = random.bytes(epochKeySizeBytes)
  const epoch = await directEpochRef(suite, scope, { author: author.user, gen })
  const unsigned = {
    workspace,
    author: author.user,
    other: other.user,
    gen,
    prev: previous?.id ?? null,
    keyCommitment: await commitmentOf(suite, scope, key),
    prevWrapped: previous ? await wrapPreviousKey({ suite, random, scope, gen, key, previousKey: previous.key }) : emptyBytes,
    seals: await sealToBoth(suite, { parties: [author, other], scope, epoch, key }),
    device: deviceIdOf(options.device),
  }
  const sig = await suite.sign(options.device, directEpochDomain, unsignedDirectEpoch(unsigned))
  const bytes = encodeDirectEpoch({ ...unsigned, sig })
  return { bytes, id: await directEpochId(suite, bytes), gen, key }
}

async function sealToBoth(
  suite: Suite,
  options: { parties: readonly DirectParty[]; scope: ScopeId; epoch: EpochId; key: Bytes },
): Promise<DirectSeal[]> {
  const { scope, epoch, key } = options
  const sorted = options.parties.toSorted((a, b) => (a.user < b.user ? -1 : 1))
  return Promise.all(
    sorted.map(async ({ user, puk }) => {
      const sealed = await suite.hpkeSeal(puk.publicKey, epochKeyInfo, sealContext({ scope, epoch, user, pukGen: puk.gen }), key)
      return { user, pukGen: puk.gen, ...sealed }
    }),
  )
}

/** The key of a verified direct epoch for one of its two users; null when it does not open or is not the one committed to. */
export async function openDirectEpoch({
  suite,
  pukSeeds,
  user,
  epoch,
}: {
  suite: Suite
  pukSeeds: PukSeeds
  user: UserId
  epoch: DirectEpoch
}): Promise<Bytes | null> {
  const seal = epoch.seals.find((candidate) => candidate.user === user)
  if (!seal) return null
  const scope = await directScopeId(suite, epoch.workspace, [epoch.author, epoch.other])
  const ref = await directEpochRef(suite, scope, epoch)
  const target = { scope, epoch: ref, user, pukGen: seal.pukGen }
  return openSeal({ suite, pukSeeds, target, sealed: seal, keyCommitment: epoch.keyCommitment })
}
