/** Cuts: the same end on every replica, whatever came first. */
import type { EnvelopeId, TopicId } from '@poruch/base'
import { makeSyncWorld } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'

interface Scene {
  readonly world: SyncWorld
  readonly alice: SyncPlayer
  readonly bob: SyncPlayer
  /** Bob is removed at position 11; `seq` of his chain stands. */
  cut(seq: number): Promise<EnvelopeId>
}

/** Bob writes b1…b4; Alice answers after b3. Nobody knows of position 11. */
async function makeScene(): Promise<Scene> {
  const world = makeSyncWorld()
  const alice = await world.join()
  const bob = await world.join()
  for (const player of [alice, bob]) await player.sync.openTopic(world.topic)
  const pair = world.connect(alice, bob)
  for (const text of ['b1', 'b2', 'b3']) await bob.say(text)
  await world.pass(300)
  await alice.say('a1')
  await world.pass(300)
  pair.left.close('apart')
  await bob.say('b4')
  return {
    world,
    alice,
    bob,
    cut: async (seq) => {
      const [row] = await bob.store.read(world.topic, bob.device, seq, 1)
      const member = world.script.members.findIndex((each) => each.device === bob.device)
      world.script.members[member] = { ...world.script.members[member]!, until: 11 }
      world.script.cuts.push({
        pos: 11,
        device: bob.device,
        keeps: new Map<TopicId, { seq: number; id: EnvelopeId }>(row ? [[world.topic, row]] : []),
      })
      return row?.id ?? ('' as EnvelopeId)
    },
  }
}

async function learn(player: SyncPlayer): Promise<void> {
  player.authority.learn(11)
  await player.sync.authorityChanged()
}

test('[SY28] a cut that comes after the envelopes hides what it does not name, and the answer to it stays', async () => {
  const { world, alice, bob, cut } = await makeScene()
  await cut(2)
  await learn(alice)
  expect(alice.texts(world.topic)).toEqual(['b1', 'b2', 'a1'])
  expect(alice.rebuilds).toEqual([world.topic])
  expect(alice.sync.topicState(world.topic).read().voids).toBe(1)
  expect((await alice.sync.voidOf(world.topic)).map((each) => each.seq)).toEqual([3])
  await learn(bob)
  expect(bob.texts(world.topic)).toEqual(['b1', 'b2', 'a1'])
})

test('[SY28] what came unshown stays unshown, is stored, and counts for those that name it', async () => {
  const { world, alice, bob, cut } = await makeScene()
  await cut(2)
  const carol = await world.join({ pos: 11 })
  await carol.sync.openTopic(world.topic)
  world.connect(carol, alice)
  world.connect(carol, bob)
  await world.pass(500)
  expect(carol.texts(world.topic)).toEqual(['b1', 'b2', 'a1'])
  expect((await carol.sync.voidOf(world.topic)).map((each) => each.seq)).toEqual([3, 4])
  expect(carol.rebuilds.length).toBeLessThanOrEqual(1)
  await expect(carol.say('too early')).rejects.toMatchObject({ code: 'epoch-due' })
  world.script.epochs.push({ pos: 11, key: new Uint8Array(32).fill(1) })
  carol.authority.giveKey(1)
  await carol.say('after')
  expect(carol.applied.at(-1)?.lamport).toBe(6)
})

test('[SY28] an admitted late envelope is shown in its place', async () => {
  const { world, alice, cut } = await makeScene()
  await cut(2)
  await learn(alice)
  const [late] = await alice.sync.voidOf(world.topic)
  world.script.admitted.push({ pos: 12, id: late!.id })
  alice.authority.learn(12)
  await alice.sync.authorityChanged([world.topic])
  expect(alice.texts(world.topic)).toEqual(['b1', 'b2', 'b3', 'a1'])
  expect(await alice.sync.voidOf(world.topic)).toEqual([])
})

test('[SY28] until the chain reaches what the cut names nothing of it is shown, then all of it', async () => {
  const { world, alice, bob, cut } = await makeScene()
  await cut(4)
  await learn(alice)
  expect(alice.texts(world.topic)).toEqual(['a1'])
  world.connect(alice, bob)
  await world.pass(500)
  expect(alice.texts(world.topic)).toEqual(['b1', 'b2', 'b3', 'a1', 'b4'])
  expect(alice.sync.topicState(world.topic).read().voids).toBe(0)
})

test('[SY28] a chain that is not the one that the cut names stands nowhere', async () => {
  const { world, alice, cut } = await makeScene()
  await cut(0)
  const named = world.script.cuts[0]!
  world.script.cuts[0] = { ...named, keeps: new Map([[world.topic, { seq: 3, id: 'cc'.repeat(32) as EnvelopeId }]]) }
  await learn(alice)
  expect(alice.texts(world.topic)).toEqual(['a1'])
  expect(alice.sync.topicState(world.topic).read().voids).toBe(3)
})

test('[SY28] with cuts ignored what a cut voids is shown', async () => {
  const { world, alice, bob, cut } = await makeScene()
  await cut(2)
  const carol = await world.join({
    pos: 11,
    wrap: (options) => ({ ...options, authority: { ...options.authority, standing: () => 'stands' } }),
  })
  await carol.sync.openTopic(world.topic)
  world.connect(carol, alice)
  world.connect(carol, bob)
  await world.pass(500)
  expect(carol.texts(world.topic)).toContain('b3')
})

test('[SY28] every order of envelopes, cut and late admission ends the same', async () => {
  type Happening = 'meet alice' | 'meet bob' | 'learn 11' | 'learn 12' | 'restart'
  const happenings: readonly Happening[] = ['meet alice', 'meet bob', 'learn 11', 'learn 12', 'restart']
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([...happenings], { minLength: happenings.length }), async (order) => {
      const { world, alice, bob, cut } = await makeScene()
      await cut(2)
      const [fourth] = await bob.store.read(world.topic, bob.device, 4, 1)
      world.script.admitted.push({ pos: 12, id: fourth!.id })
      let carol = await world.join({ pos: 10 })
      await carol.sync.openTopic(world.topic)
      for (const happening of order) {
        if (happening === 'meet alice') world.connect(carol, alice)
        if (happening === 'meet bob') world.connect(carol, bob)
        if (happening.startsWith('learn')) {
          carol.authority.learn(Number(happening.slice(6)))
          await carol.sync.authorityChanged()
        }
        await world.pass(400)
        if (happening !== 'restart') continue
        const tab = carol.openTab()
        await tab.sync.openTopic(world.topic)
        carol = tab
        world.connect(carol, alice)
        world.connect(carol, bob)
        await world.pass(400)
      }
      expect(carol.texts(world.topic).toSorted()).toEqual(['a1', 'b1', 'b2', 'b4'])
      expect((await carol.sync.voidOf(world.topic)).map((each) => each.seq)).toEqual([3])
    }),
    { numRuns: 20, seed: 28 },
  )
})
