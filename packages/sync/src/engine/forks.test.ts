/** A device that signs two histories: one of them stands everywhere, whatever came first, and nobody honest is held up by it. */
import { codeOf } from '@poruch/base'
import type { Bytes, EnvelopeId } from '@poruch/base'
import { deviceIndexOf } from '@poruch/sync/wire'
import { makeSyncWorld } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { craft, feedTo, opened } from '../testing/feed.ts'

interface Made {
  readonly id: EnvelopeId
  readonly bytes: Bytes
}

interface Forked {
  readonly world: SyncWorld
  readonly mallory: SyncPlayer
  readonly first: Made
  /** Two branches after the first envelope; the one of the lower id first. */
  readonly branches: readonly [readonly Made[], readonly Made[]]
  /** What two honest members wrote, each after having read one of the branches. */
  readonly honest: readonly Made[]
}

async function branchOf(world: SyncWorld, author: SyncPlayer, first: Made, texts: readonly string[]): Promise<Made[]> {
  const made: Made[] = []
  for (const [index, text] of texts.entries()) {
    made.push(await craft(world, author, { seq: index + 2, prev: made.at(-1)?.id ?? first.id, lamport: index + 2, text }))
  }
  return made
}

async function forkedWorld(): Promise<Forked> {
  const world = makeSyncWorld()
  const [mallory, bob, carol] = [await opened(world), await opened(world), await opened(world)]
  const first = await craft(world, mallory, { seq: 1, prev: null, lamport: 1, text: 'first' })
  const one = await branchOf(world, mallory, first, ['a2', 'a3'])
  const other = await branchOf(world, mallory, first, ['b2', 'b3', 'b4'])
  const after = async (author: SyncPlayer, branch: readonly Made[], text: string): Promise<Made> => {
    const deps = [{ deviceIndex: deviceIndexOf(mallory.device), seq: branch.length + 1 }]
    return craft(world, author, { seq: 1, prev: null, lamport: branch.length + 2, deps, text })
  }
  const honest = [await after(bob, one, 'bob'), await after(carol, other, 'carol')]
  const branches = (one[0]?.id ?? '') < (other[0]?.id ?? '') ? ([one, other] as const) : ([other, one] as const)
  return { world, mallory, first, branches, honest }
}

/** Gives everything, and again what was asked for, as an honest peer does. */
async function giveAll({ world, first, branches, honest }: Forked, reader: SyncPlayer, order: readonly Bytes[]): Promise<void> {
  const feed = feedTo(world, reader)
  await feed.give(...order)
  const inOrder = [first, ...branches[0], ...branches[1], ...honest].map(({ bytes }) => bytes)
  for (let round = 0; round < 3; round++) await feed.give(...inOrder)
}

test('[SY52] attack 8: whatever order two branches come in, the same one stands, and honest messages after either are shown', async () => {
  const forked = await forkedWorld()
  const { world, mallory, first, branches, honest } = forked
  const all = [first, ...branches[0], ...branches[1], ...honest].map(({ bytes }) => bytes)
  const ends = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length }), async (order) => {
      const reader = await opened(world)
      const named: string[] = []
      reader.sync.onForked(({ device, seq }) => named.push(`${device} ${seq}`))
      await giveAll(forked, reader, order)
      const chain = await reader.store.read(world.topic, mallory.device, 1, 9)
      expect(chain.map(({ id }) => id)).toEqual([first, ...branches[0]].map(({ id }) => id))
      expect(reader.texts(world.topic)).toEqual(expect.arrayContaining(['first', 'bob', 'carol']))
      expect(new Set(named)).toEqual(new Set([`${mallory.device} 2`]))
      ends.add(JSON.stringify(reader.texts(world.topic).toSorted()))
    }),
    { numRuns: 25, seed: 52 },
  )
  expect([...ends]).toHaveLength(1)
})

test('[SY52] the branch that a cut names stands, also when it comes after the other was chosen', async () => {
  const forked = await forkedWorld()
  const { world, mallory, first, branches } = forked
  const [, losing] = branches
  const end = losing.at(-1)
  if (!end) throw new Error('no branch')
  const reader = await opened(world)
  await giveAll(forked, reader, [])
  expect((await reader.store.read(world.topic, mallory.device, 2, 1))[0]?.id).toBe(branches[0][0]?.id)
  world.script.cuts.push({
    pos: 11,
    device: mallory.device,
    keeps: new Map([[world.topic, { seq: losing.length + 1, id: end.id }]]),
  })
  reader.authority.learn(11)
  await reader.sync.authorityChanged()
  await world.pass(100)
  const chain = await reader.store.read(world.topic, mallory.device, 1, 9)
  expect(chain.map(({ id }) => id)).toEqual([first, ...losing].map(({ id }) => id))
  expect(reader.texts(world.topic)).toEqual(expect.arrayContaining(['first', 'bob', 'carol']))
})

test('[SY53] the evidence is kept over restarts, and a second signature that is no new one changes nothing', async () => {
  const forked = await forkedWorld()
  const { world, mallory } = forked
  const reader = await opened(world)
  await giveAll(forked, reader, [])
  const rebuilds = reader.rebuilds.length
  await giveAll(forked, reader, [])
  expect(reader.rebuilds).toHaveLength(rebuilds)
  const again = reader.openTab()
  const named: string[] = []
  again.sync.onForked(({ device }) => named.push(device))
  await again.sync.openTopic(world.topic)
  expect(named).toEqual([mallory.device])
  expect(again.texts(world.topic).toSorted()).toEqual(reader.texts(world.topic).toSorted())
})

test('[SY54] peers and relay that hold different branches of equal length end with the same, and each names the device', async () => {
  const forked = await forkedWorld()
  const { world, mallory, first, branches } = forked
  const players = [await opened(world), await opened(world), await opened(world)]
  const named = players.map(() => new Set<string>())
  for (const [index, player] of players.entries()) player.sync.onForked(({ device }) => named[index]?.add(device))
  const [left, right, late] = players
  if (!left || !right || !late) throw new Error('nobody')
  await feedTo(world, left).give(first.bytes, ...branches[0].slice(0, 2).map(({ bytes }) => bytes))
  await feedTo(world, right).give(first.bytes, ...branches[1].slice(0, 2).map(({ bytes }) => bytes))
  world.attach(right)
  await world.pass(8_000)
  world.connect(left, right)
  await world.pass(2_000)
  world.attach(late)
  await world.pass(10_000)
  const chains = await Promise.all(players.map(async (player) => player.store.read(world.topic, mallory.device, 1, 9)))
  for (const chain of chains) expect(chain.map(({ id }) => id)).toEqual([first, ...branches[0].slice(0, 2)].map(({ id }) => id))
  expect(named.map((names) => [...names])).toEqual(players.map(() => [mallory.device]))
})

test('[SY55] a copy of a device finds its own chain at the relay before it writes, and never writes again', async () => {
  const world = makeSyncWorld()
  const player = await opened(world)
  world.attach(player)
  await player.say('one')
  const copy = player.openTab({ disk: player.disk.copy() })
  await player.say('two')
  world.attach(copy)
  const refused = copy.say('three').then(
    () => 'written',
    (thrown: unknown) => codeOf(thrown),
  )
  await world.pass(100)
  expect(await refused).toBe('chain-elsewhere')
  const again = player.openTab({ disk: copy.disk })
  await expect(again.say('four')).rejects.toMatchObject({ code: 'chain-elsewhere' })
  expect(world.relay.rows(world.topic)).toHaveLength(2)
  await player.say('five')
  expect(world.relay.rows(world.topic)).toHaveLength(3)
})
