import { beforeEach, describe, expect, test, vi } from 'vitest'
import { webCryptoSuite } from '@poruch/crypto'
import type { Suite } from '@poruch/crypto'
import type { Bytes, EpochId } from '@poruch/base'
import { createDirectEpoch, draftAdmit, openDirectEpoch, openSealedKey, sealEpochKey, unwrapPreviousKeys } from '@poruch/identity'
import type { NewDirectEpochOptions } from '@poruch/identity'
import {
  decodeDirectEpoch,
  directChain,
  decodeSealedKey,
  directScopeId,
  directTopicPrefix,
  roles,
  verifyDirectEpoch,
  verifySealedKey,
} from '@poruch/identity/fold'
import type { DirectEpoch, SealedKey } from '@poruch/identity/fold'
import { seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { directEpochDomain, encodeDirectEpoch, firstOwnGen, unsignedDirectEpoch } from './direct-epoch.ts'
import { wrapPreviousKey } from '../secrets/epoch-keys.ts'
import { encodeSealedKey } from './sealed-key.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(16)

describe.each([
  ['the keyed hash', () => keyedHashSuite(random)],
  ['WebCrypto', () => webCryptoSuite(random)],
])('keys on %s', (_, makeSuite) => {
  let suite: Suite
  let world: World

  beforeEach(async () => {
    suite = makeSuite()
    world = await setupWith({ suite, random }, 'alice', 'bob', 'carol')
  })

  const newest = (of = world): { id: EpochId; keyCommitment: Bytes; gen: number } => {
    const epoch = of.fold.epochs().at(-1)
    if (!epoch) throw new Error('no epoch')
    return epoch
  }

  async function open(name: string, sealed: SealedKey, of = world): Promise<Bytes | null> {
    const keyCommitment = of.fold.epochs().find((epoch) => epoch.id === sealed.epoch)?.keyCommitment ?? new Uint8Array()
    return openSealedKey({ suite: of.suite, pukSeeds: of.person(name).identity.pukSeeds, sealed, keyCommitment })
  }

  async function judge(bytes: Bytes, stored = false): Promise<string> {
    const judged = await verifySealedKey(suite, world.fold, { bytes, stored })
    return judged.ok ? 'good' : judged.reason
  }

  async function seal(
    to: string,
    { by = 'alice', pukGen = 0, epoch = newest().id, key = world.epochKeys.get(0) ?? new Uint8Array() } = {},
  ): Promise<Bytes> {
    const { userId, identity } = world.person(to)
    const puk = { gen: pukGen, publicKey: identity.state.puk?.publicKey ?? new Uint8Array() }
    return sealEpochKey({ suite, device: world.person(by).identity.device, scope: world.scope, epoch, key, reader: { user: userId, puk } })
  }

  test('[ID60] are sealed by members, to readers, for epochs of this log', async () => {
    const bytes = await seal('bob')
    expect(await judge(bytes)).toBe('good')
    expect(await judge(await seal('bob', { by: 'mallory' }))).toBe('bad-device')
    expect(await judge(await seal('mallory'))).toBe('no-reader')
    expect(await judge(await seal('bob', { pukGen: 1 }))).toBe('bad-generation')
    expect(await judge(await seal('bob', { epoch: world.scope as string as EpochId }))).toBe('unknown-epoch')
    const sealed = decodeSealedKey(bytes)
    expect(await judge(encodeSealedKey({ ...sealed, user: world.person('carol').userId }))).toBe('bad-signature')
    expect(await judge(encodeSealedKey({ ...sealed, scope: sealed.epoch as string as SealedKey['scope'] }))).toBe('wrong-scope')
    expect(await judge(bytes.slice(1))).toBe('bad-bytes')
    const byBob = await seal('carol', { by: 'bob' })
    await world.remove('bob')
    expect([await judge(bytes), await judge(bytes, true)]).toEqual(['no-reader', 'good'])
    expect([await judge(byBob), await judge(byBob, true)]).toEqual(['bad-device', 'good'])
  })

  test('[ID61] are not taken for what the epoch did not commit to', async () => {
    expect(await open('bob', decodeSealedKey(await seal('bob')))).toEqual(world.epochKeys.get(0))
    expect(await open('bob', decodeSealedKey(await seal('bob', { key: random.bytes(32) })))).toBeNull()
    expect(await open('carol', decodeSealedKey(await seal('bob')))).toBeNull()
    expect(await open('bob', { ...decodeSealedKey(await seal('bob')), pukGen: 1 })).toBeNull()
  })

  test('[ID62] lead back to all earlier ones under full, to none under since-join', async () => {
    await world.rotate('bob')
    await world.rotate('carol')
    const chain = { suite, scope: world.scope, epochs: world.fold.epochs(), gen: 2, key: world.epochKeys.get(2) ?? new Uint8Array() }
    expect(await unwrapPreviousKeys(chain)).toEqual(world.epochKeys)
    const lied = chain.epochs.map((epoch) => (epoch.gen === 0 ? { ...epoch, keyCommitment: new Uint8Array(32) } : epoch))
    expect([...(await unwrapPreviousKeys({ ...chain, epochs: lied })).keys()].toSorted()).toEqual([1, 2])
    const key = random.bytes(32)
    const wrapping = { suite, random, scope: world.scope, gen: 3, key }
    const previousKey = world.epochKeys.get(1) ?? new Uint8Array()
    const skipping = { gen: 3, keyCommitment: new Uint8Array(32), prevWrapped: await wrapPreviousKey({ ...wrapping, previousKey }) }
    const skipped = await unwrapPreviousKeys({ ...chain, epochs: [...chain.epochs, skipping], gen: 3, key })
    expect([...skipped.keys()]).toEqual([3, 1, 0])
    const closed = await setupWith({ suite, random, history: 'sinceJoin' }, 'alice', 'bob')
    await closed.rotate()
    const one = closed.epochKeys.get(1) ?? new Uint8Array()
    const alone = await unwrapPreviousKeys({ suite, scope: closed.scope, epochs: closed.fold.epochs(), gen: 1, key: one })
    expect([...alone.keys()]).toEqual([1])
  })

  test('[ID63] of epochs after a removal stay closed to the removed one', async () => {
    await world.remove('bob')
    await world.rotate('carol')
    const { userId } = world.person('bob')
    const held = await open(
      'bob',
      decodeSealedKey(world.sealedKeys.find((bytes) => decodeSealedKey(bytes).user === userId) ?? new Uint8Array()),
    )
    expect(held).toEqual(world.epochKeys.get(0))
    for (const bytes of world.sealedKeys) {
      const sealed = decodeSealedKey(bytes)
      if (sealed.epoch === world.fold.epochByGen(0)?.id) continue
      expect(sealed.user).not.toBe(userId)
      expect(await open('bob', sealed)).toBeNull()
      expect(await open('bob', { ...sealed, user: userId })).toBeNull()
    }
    const back = await unwrapPreviousKeys({ suite, scope: world.scope, epochs: world.fold.epochs(), gen: 0, key: held ?? new Uint8Array() })
    expect([...back.keys()]).toEqual([0])
    await world.propose('alice', draftAdmit({ user: userId, role: roles.viewer, entries: [] }))
    expect(world.fold.member(userId)?.role).toBe(roles.viewer)
  })

  test('[ID64] of a 1:1 chat belong to a scope that both can name', async () => {
    const [a, b, c] = [world.person('alice').userId, world.person('bob').userId, world.person('carol').userId]
    const scope = await directScopeId(suite, world.scope, [a, b])
    expect(await directScopeId(suite, world.scope, [b, a])).toBe(scope)
    expect(await directScopeId(suite, world.scope, [a, c])).not.toBe(scope)
    expect(await directTopicPrefix(suite, scope)).toMatch(/^[0-9a-f]{56}$/u)
  })

  async function directEpoch(change: Partial<NewDirectEpochOptions> = {}): Promise<Awaited<ReturnType<typeof createDirectEpoch>>> {
    const [author, other] = [world.fold.member(world.person('alice').userId), world.fold.member(world.person('bob').userId)]
    if (!author || !other) throw new Error('unexpected')
    return createDirectEpoch({
      suite,
      random,
      device: world.person('alice').identity.device,
      workspace: world.scope,
      author,
      other,
      previous: null,
      ...change,
    })
  }

  test('[ID65] of a 1:1 chat are opened by a device of one of two members, one after another', async () => {
    const first = await directEpoch()
    const second = await directEpoch({ previous: first })
    const reason = async (bytes: Bytes, options: Omit<Parameters<typeof verifyDirectEpoch>[2], 'bytes'> = {}): Promise<string> => {
      const judged = await verifyDirectEpoch(suite, world.fold, { bytes, ...options })
      return judged.ok ? judged.value.id : judged.reason
    }
    expect(await reason(first.bytes, { previous: null })).toBe(first.id)
    expect(await reason(second.bytes, { previous: first })).toBe(second.id)
    expect(await reason(second.bytes, { previous: null })).toBe('bad-chain')
    expect(await reason(second.bytes, { previous: second })).toBe('bad-chain')
    // Of the same generation, but of another chain.
    expect(await reason(second.bytes, { previous: await directEpoch() })).toBe('bad-chain')
    const change = (fields: Partial<DirectEpoch>): Bytes => encodeDirectEpoch({ ...decodeDirectEpoch(second.bytes), ...fields })
    expect(await reason(change({ prev: null }))).toBe('bad-chain')
    expect(await reason(change({ gen: 1 }), { previous: first })).toBe('bad-chain')
    // As an earlier version has begun its chains, one for all devices of the author.
    const unsigned = { ...decodeDirectEpoch(first.bytes), gen: 0 }
    const sig = await suite.sign(world.person('alice').identity.device, directEpochDomain, unsignedDirectEpoch(unsigned))
    const older = encodeDirectEpoch({ ...unsigned, sig })
    const judged = await verifyDirectEpoch(suite, world.fold, { bytes: older, previous: null })
    expect(judged.ok && directChain(judged.value)).toBe(world.person('alice').userId)
    expect(directChain(decodeDirectEpoch(first.bytes))).toBe(world.person('alice').device)
    expect(await reason(change({ workspace: first.id as string as DirectEpoch['workspace'] }))).toBe('wrong-scope')
    expect(await reason(change({ keyCommitment: new Uint8Array(32) }))).toBe('bad-signature')
    expect(await reason(change({ other: world.person('carol').userId }))).toBe('bad-bytes')
    expect(await reason(change({ seals: decodeDirectEpoch(first.bytes).seals.map((sealed) => ({ ...sealed, pukGen: 4 })) }))).toBe(
      'bad-generation',
    )
    expect(await reason((await directEpoch({ device: world.person('carol').identity.device })).bytes)).toBe('bad-device')
    expect(await reason((await directEpoch({ device: world.person('mallory').identity.device })).bytes)).toBe('bad-device')
    await world.remove('bob')
    expect(await reason(second.bytes)).toBe('no-reader')
    expect(await reason(second.bytes, { stored: true })).toBe(second.id)
  })

  test('[ID66] of a 1:1 chat open for both, and for nobody else', async () => {
    const first = await directEpoch()
    const second = await directEpoch({ previous: first })
    const epoch = decodeDirectEpoch(second.bytes)
    const openAs = async (name: string, user = world.person(name).userId): Promise<Bytes | null> =>
      openDirectEpoch({ suite, pukSeeds: world.person(name).identity.pukSeeds, user, epoch })
    expect(await openAs('alice')).toEqual(second.key)
    expect(await openAs('bob')).toEqual(second.key)
    expect(await openAs('carol')).toBeNull()
    expect(await openAs('carol', world.person('bob').userId)).toBeNull()
    const scope = await directScopeId(suite, world.scope, [epoch.author, epoch.other])
    const chain = [decodeDirectEpoch(first.bytes), epoch]
    expect(await unwrapPreviousKeys({ suite, scope, epochs: chain, gen: firstOwnGen + 1, key: second.key })).toEqual(
      new Map([
        [firstOwnGen + 1, second.key],
        [firstOwnGen, first.key],
      ]),
    )
  })
})
