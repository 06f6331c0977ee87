import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Suite } from '@poruch/crypto'
import { createEpoch, draftAddDoc, draftEpoch, draftSetMinimum, newPrefix } from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { docKinds, roles, topicIdOf } from '@poruch/identity/fold'
import type { Role } from '@poruch/identity/fold'
import { seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(15)
let suite: Suite
let world: World

beforeEach(async () => {
  suite = keyedHashSuite(random)
  world = await setupWith({ suite, random, roles: { ann: roles.admin, vic: roles.viewer } }, 'olga', 'ann', 'eve', 'vic')
})

async function reason(by: string, draft: Draft): Promise<string> {
  const judged = await world.tryPropose(by, draft)
  return judged.ok ? 'taken' : judged.reason
}

describe('documents', () => {
  const doc = (docKind: number, prefix = newPrefix(random)): Draft =>
    draftAddDoc({ prefix, docKind, minWrite: roles.editor, minReact: roles.viewer })

  test('[ID39] are added by editors under an unused prefix, the one directory by an owner', async () => {
    const prefix = newPrefix(random)
    expect(await reason('vic', doc(docKinds.channel, prefix))).toBe('no-right')
    expect(await reason('eve', doc(0, prefix))).toBe('bad-doc')
    expect(await reason('ann', doc(docKinds.directory, prefix))).toBe('no-right')
    expect(await reason('olga', doc(docKinds.directory, prefix))).toBe('bad-doc')
    expect(await reason('eve', doc(docKinds.channel, prefix))).toBe('taken')
    expect(await reason('eve', doc(docKinds.channel, prefix))).toBe('prefix-used')
    const added = world.fold.docs().at(-1)
    expect(added).toMatchObject({
      prefix,
      kind: docKinds.channel,
      minWrite: roles.editor,
      minReact: roles.viewer,
      author: world.person('eve').userId,
    })
    const pos = added?.pos ?? 0
    expect(world.fold.topicRuleAt(topicIdOf(prefix, 6), pos)).toEqual({ kind: docKinds.channel, minRole: roles.editor, addedPos: pos })
    expect(world.fold.topicRuleAt(topicIdOf(prefix, 7), pos)?.minRole).toBe(roles.viewer)
    expect(world.fold.topicRuleAt(topicIdOf(prefix, 6), pos - 1)).toBeNull()
    expect(world.fold.topicRuleAt(topicIdOf(prefix, 6), pos + 1)).toBeNull()
    expect(() => topicIdOf(prefix, 2 ** 32)).toThrow('bad-shape')
  })

  test('[ID40] get other minimums from admins', async () => {
    const minimum = async (minWrite: Role, raised: boolean, prefix = world.channel): Promise<Draft> =>
      draftSetMinimum(suite, { prefix, minWrite, minReact: roles.viewer, cuts: raised ? [] : null })
    expect(await reason('eve', await minimum(roles.viewer, false))).toBe('no-right')
    expect(await reason('ann', await minimum(roles.editor, false))).toBe('no-change')
    expect(await reason('ann', await minimum(roles.viewer, false, newPrefix(random)))).toBe('unknown-doc')
    expect(await reason('ann', await minimum(roles.admin, false))).toBe('bad-cut')
    expect(await reason('ann', await minimum(roles.viewer, true))).toBe('bad-cut')
    expect(await reason('ann', await minimum(roles.viewer, false))).toBe('taken')
    const lowered = world.fold.head()?.pos ?? 0
    expect(await reason('ann', await minimum(roles.admin, true))).toBe('taken')
    const rule = (pos: number): Role | undefined => world.fold.topicRuleAt(topicIdOf(world.channel, 0), pos)?.minRole
    expect([rule(lowered - 1), rule(lowered), rule(lowered + 1)]).toEqual([roles.editor, roles.viewer, roles.admin])
  })
})

describe('epochs', () => {
  test('[ID37] take the next generation, the present readers and the wrapped key', async () => {
    const readers = world.fold.members().map(({ user, userLogHead, puk }) => ({ user, userLogHead, pukGen: puk.gen }))
    const previousKey = world.epochKeys.get(0) ?? null
    const make = async (change: Partial<Parameters<typeof createEpoch>[0]> = {}): Promise<Draft> =>
      (await createEpoch({ suite, random, scope: world.scope, gen: 1, readers, previousKey, ...change })).draft
    expect(await reason('vic', await make({ gen: 2 }))).toBe('bad-generation')
    expect(await reason('vic', await make({ gen: 0 }))).toBe('bad-generation')
    expect(await reason('vic', await make({ previousKey: null }))).toBe('bad-wrap')
    expect(await reason('vic', await make({ readers: readers.slice(1) }))).toBe('bad-readers')
    expect(await reason('vic', await make({ readers: readers.map((reader) => ({ ...reader, pukGen: 1 })) }))).toBe('bad-readers')
    expect(await reason('mallory', await make())).toBe('author-unknown')
    expect(await reason('vic', await make({ readers: readers.toReversed() }))).toBe('taken')
    expect(world.fold.epochByGen(1)).toMatchObject({ gen: 1, pos: world.fold.head()?.pos, id: world.fold.head()?.id })
    expect(world.fold.epochByGen(2)).toBeNull()
  })

  test('[ID37] wrap nothing under since-join', async () => {
    const closed = await setupWith({ suite, random, history: 'sinceJoin' }, 'olga', 'eve')
    expect(closed.fold.historyPolicy()).toBe('since-join')
    await closed.rotate()
    const { op } = draftEpoch({
      gen: 2,
      keyCommitment: new Uint8Array(32),
      readersRoot: new Uint8Array(32),
      prevWrapped: new Uint8Array(60),
    })
    expect(await closed.tryPropose('eve', { op, cutList: new Uint8Array() })).toEqual({ ok: false, reason: 'bad-wrap' })
  })

  test('[ID38] are due after a lowered right, and seal alone after a lost reader', async () => {
    const pos = (): number => world.fold.head()?.pos ?? 0
    expect([world.fold.epochDue(), world.fold.minGenAt(pos())]).toEqual([false, 0])
    await world.setRole('eve', roles.viewer, [])
    expect([world.fold.epochDue(), world.fold.minGenAt(pos())]).toEqual([true, 0])
    await world.rotate('vic')
    expect([world.fold.epochDue(), world.fold.minGenAt(pos())]).toEqual([false, 0])
    await world.leave('vic')
    const left = pos()
    expect([world.fold.epochDue(), world.fold.minGenAt(left), world.fold.minGenAt(left - 1)]).toEqual([true, 2, 0])
    await world.rotate()
    expect([world.fold.epochDue(), world.fold.minGenAt(pos()), world.fold.epochs().length]).toEqual([false, 2, 3])
    await world.remove('eve')
    expect([world.fold.epochDue(), world.fold.minGenAt(pos()), world.fold.minGenAt(left)]).toEqual([false, 3, 2])
  })
})
