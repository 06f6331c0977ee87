import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import { draftAnchor } from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { roles, topicIdOf } from '@poruch/identity/fold'
import type { CutRow } from '@poruch/identity/fold'
import { makePerson, seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(23)
let suite: Suite
let world: World
let topic: TopicId
let bob: DeviceId
let snapshot: Bytes

beforeEach(async () => {
  suite = keyedHashSuite(random)
  world = await setupWith({ suite, random, roles: { ann: roles.admin, vic: roles.viewer } }, 'olga', 'ann', 'bob', 'eve', 'vic')
  topic = topicIdOf(world.channel, 0)
  bob = world.person('bob').device
  snapshot = random.bytes(32)
})

function envelopeId(device: DeviceId, seq: number): EnvelopeId {
  return (device.slice(0, 56) + String(seq).padStart(8, '0')) as EnvelopeId
}

function row(seq: number, { device = bob, of = topic }: { device?: DeviceId; of?: TopicId } = {}): CutRow {
  return { topic: of, device, seq, id: envelopeId(device, seq) }
}

async function anchor(seq: number, change: { topic?: TopicId; snapshot?: Bytes; frontier?: CutRow[] } = {}): Promise<Draft> {
  return draftAnchor(suite, { topic, snapshot, frontier: [row(seq)], ...change })
}

async function reason(by: string, draft: Draft): Promise<string> {
  const judged = await world.tryPropose(by, draft)
  return judged.ok ? 'taken' : judged.reason
}

/** The highest seq of Bob's chain, written before the removal, that stands. */
function standsTo(pos: number, device = bob): number {
  const stands = (seq: number): boolean =>
    world.fold.standing(
      { topic, device, seq, id: envelopeId(device, seq), pos },
      (end, id) => end >= seq && id === envelopeId(device, end),
    ) === 'stands'
  let seq = 0
  while (seq < 20 && stands(seq + 1)) seq++
  return seq
}

const headPos = (): number => world.fold.head()?.pos ?? 0

describe('an anchor', () => {
  test('[ID57] is an editor’s, for a topic of the log, over its frontier, once', async () => {
    expect(await reason('vic', await anchor(5))).toBe('no-right')
    expect(await reason('mallory', await anchor(5))).toBe('author-unknown')
    expect(await reason('eve', await anchor(5, { topic: 'ab'.repeat(32) as TopicId }))).toBe('unknown-doc')
    expect(await reason('eve', await anchor(5, { frontier: [row(5, { of: topicIdOf(world.channel, 1) })] }))).toBe('bad-cut')
    const good = await anchor(5)
    expect(await reason('eve', { ...good, cutList: new Uint8Array() })).toBe('bad-cut')
    expect(await reason('eve', { ...good, cutList: (await anchor(6)).cutList })).toBe('bad-cut')
    expect(await reason('eve', good)).toBe('taken')
    expect(await reason('eve', good)).toBe('no-change')
    expect(await reason('eve', await anchor(6))).toBe('taken')
    expect(await reason('eve', await anchor(5, { snapshot: random.bytes(32) }))).toBe('taken')
    const closed = await world.addDoc(2, roles.admin, roles.viewer)
    const other = topicIdOf(closed, 0)
    expect(await reason('eve', await anchor(5, { topic: other, frontier: [row(5, { of: other })] }))).toBe('no-right')
  })

  test('[ID57] is no commenter’s, though the topic lets them write', async () => {
    const open = topicIdOf(await world.addDoc(2, roles.viewer, roles.viewer), 0)
    expect(await reason('vic', await anchor(5, { topic: open, frontier: [row(5, { of: open })] }))).toBe('no-right')
    expect(await reason('eve', await anchor(5, { topic: open, frontier: [row(5, { of: open })] }))).toBe('taken')
  })

  test('[ID58] of enough editors without an admin does not bind', async () => {
    world.add(await makePerson(suite, random, 'fay'))
    await world.admit('fay')
    const pos = headPos()
    for (const name of ['eve', 'fay']) await world.propose(name, await anchor(7))
    await world.remove('bob', [row(3)])
    expect(standsTo(pos)).toBe(3)
  })

  test('[ID58] raises a later cut of a chain, confirmed by enough others and an admin', async () => {
    const pos = headPos()
    await world.propose('eve', await anchor(7))
    await world.propose('ann', await anchor(7))
    await world.remove('bob', [row(3)])
    expect(standsTo(pos)).toBe(7)
    expect(standsTo(pos, world.person('eve').device)).toBe(20)
  })

  test('[ID58] does not lower a cut, and leaves what it does not name', async () => {
    const pos = headPos()
    await world.propose('eve', await anchor(7))
    await world.propose('ann', await anchor(7))
    const other = await anchor(2, { frontier: [row(2, { device: world.person('eve').device })] })
    await world.propose('olga', other)
    await world.propose('ann', other)
    await world.remove('bob', [row(9)])
    expect(standsTo(pos)).toBe(9)
  })

  test('[ID58] does not count the one who is cut, nor words without an admin, nor later ones', async () => {
    const pos = headPos()
    await world.propose('bob', await anchor(7))
    await world.propose('ann', await anchor(7))
    await world.propose('bob', await anchor(8))
    await world.propose('eve', await anchor(8))
    await world.propose('eve', await anchor(9, { snapshot: random.bytes(32) }))
    await world.propose('ann', await anchor(9))
    await world.propose('eve', await anchor(10))
    await world.remove('bob', [row(3)])
    await world.propose('ann', await anchor(10))
    await world.propose('olga', await anchor(10))
    expect(standsTo(pos)).toBe(3)
  })

  test('[ID58] does not let an admin provide for their own removal', async () => {
    const pos = headPos()
    const { device } = world.person('ann')
    const mine = await anchor(7, { frontier: [row(7, { device })] })
    await world.propose('ann', mine)
    await world.propose('eve', mine)
    await world.remove('ann', [row(3, { device })])
    expect(standsTo(pos, device)).toBe(3)
  })

  test('[ID58] is confirmed by a tenth of many, and by the one other of two', async () => {
    const two = await setupWith({ suite, random }, 'olga', 'bob')
    const of = topicIdOf(two.channel, 0)
    const device = two.person('bob').device
    const pos = two.fold.head()?.pos ?? 0
    await two.propose('olga', await anchor(5, { topic: of, frontier: [row(5, { device, of })] }))
    await two.remove('bob', [])
    const stands = (seq: number): string =>
      two.fold.standing(
        { topic: of, device, seq, id: envelopeId(device, seq), pos },
        (end, id) => end >= seq && id === envelopeId(device, end),
      )
    expect([stands(5), stands(6)]).toEqual(['stands', 'void'])
    for (let count = 0; count < 22; count++) {
      const name = `member ${count}`
      world.add(await makePerson(suite, random, name))
      await world.admit(name)
    }
    const before = headPos()
    await world.propose('olga', await anchor(7))
    await world.propose('ann', await anchor(7))
    await world.propose('olga', await anchor(6))
    await world.propose('ann', await anchor(6))
    await world.propose('eve', await anchor(6))
    await world.remove('bob', [row(3)])
    expect(standsTo(before)).toBe(6)
  })
})
