/** The per-user key: sealed to one's own devices and recovery, each generation opening the one before. */
import { emptyBytes, encodeUtf8, equalBytes, toHex } from '@poruch/base'
import type { Bytes, Random, UserId } from '@poruch/base'
import type { HpkeKey, Suite } from '@poruch/crypto'
import { IdentityError } from '../errors.ts'
import { keySizeBytes } from '../shape.ts'
import { decodeUserEntry } from '../user-log/entry.ts'
import type { UserOp } from '../user-log/ops.ts'
import { pukRecipients } from '../user-log/state.ts'
import type { UserLogState } from '../user-log/state.ts'
import { pukContext } from '../user-log/statements.ts'
import { openWrapped, wrapSecret } from './wrapping.ts'

const sealInfo = encodeUtf8('poruch/puk v1')
const hpkeInfo = encodeUtf8('poruch/puk-hpke v1')
const wrapInfo = encodeUtf8('poruch/puk-wrap v1')

type RotatePuk = Extract<UserOp, { kind: 'rotate-puk' }>
/** 32-byte seeds by generation. */
export type PukSeeds = ReadonlyMap<number, Bytes>

/** The key pair that scope keys are sealed to. */
export async function pukKeyOf(suite: Suite, seed: Bytes): Promise<HpkeKey> {
  return suite.hpkeKeyFromSeed(await suite.deriveBytes(seed, emptyBytes, hpkeInfo, keySizeBytes))
}

/** RotatePUK to the next generation, sealed to the live devices and the recovery key of `state`. `previous` is null for generation 0. */
export async function rotatePuk({
  suite,
  random,
  state,
  previous,
}: {
  suite: Suite
  random: Random
  state: UserLogState
  previous: Bytes | null
}): Promise<{ op: RotatePuk; seed: Bytes }> {
  const gen = state.puk ? state.puk.gen + 1 : 0
  const seed = random.bytes(keySizeBytes)
  const aad = pukContext(state.user, gen)
  const seals = await Promise.all(
    pukRecipients(state).map(async (recipient) => ({ recipient, ...(await suite.hpkeSeal(recipient, sealInfo, aad, seed)) })),
  )
  const wrapping = { suite, random, key: seed, salt: emptyBytes, info: wrapInfo, aad }
  const prevWrapped = previous && gen > 0 ? await wrapSecret({ ...wrapping, secret: previous }) : emptyBytes
  const { publicKey } = await pukKeyOf(suite, seed)
  return { op: { kind: 'rotate-puk', gen, publicKey, seals, prevWrapped }, seed }
}

export interface OpenPukOptions {
  readonly suite: Suite
  readonly user: UserId
  /** The whole log, already judged. */
  readonly userLog: readonly Uint8Array[]
  /** A device's or the recovery's key, renewed ones too. */
  readonly keys: readonly HpkeKey[]
}

/** The seeds of the newest generation sealed to one of the keys and of all before it. @throws IdentityError `cannot-open` */
export async function openPuk({ suite, user, userLog, keys }: OpenPukOptions): Promise<PukSeeds> {
  const rotations = userLog.map((bytes) => decodeUserEntry(bytes).op).filter((op) => op.kind === 'rotate-puk')
  for (const rotation of rotations.toReversed()) {
    const seed = await openSeal(suite, { user, rotation, keys })
    if (seed) return unwrapOlder(suite, { user, rotations, newest: { gen: rotation.gen, seed } })
  }
  throw new IdentityError('cannot-open', 'no generation of the per-user key is sealed to these keys')
}

async function openSeal(
  suite: Suite,
  { user, rotation, keys }: { user: UserId; rotation: RotatePuk; keys: readonly HpkeKey[] },
): Promise<Bytes | null> {
  for (const key of keys) {
    const seal = rotation.seals.find((candidate) => equalBytes(candidate.recipient, key.publicKey))
    const seed = seal && (await suite.hpkeOpen(key, seal, sealInfo, pukContext(user, rotation.gen)))
    // A seed that does not give the public key stated would open nothing that others seal.
    if (seed && toHex((await pukKeyOf(suite, seed)).publicKey) === toHex(rotation.publicKey)) return seed
  }
  return null
}

async function unwrapOlder(
  suite: Suite,
  { user, rotations, newest }: { user: UserId; rotations: readonly RotatePuk[]; newest: { gen: number; seed: Bytes } },
): Promise<PukSeeds> {
  const seeds = new Map([[newest.gen, newest.seed]])
  let { gen, seed } = newest
  while (gen > 0) {
    const wrapped = rotations[gen]?.prevWrapped ?? emptyBytes
    const older = await openWrapped({ suite, key: seed, salt: emptyBytes, info: wrapInfo, aad: pukContext(user, gen), wrapped })
    if (!older) break
    gen -= 1
    seed = older
    seeds.set(gen, seed)
  }
  return seeds
}
