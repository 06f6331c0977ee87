/** What membership says of one envelope, in the workspace's topics and in 1:1 chats. */
import { expect, test } from 'vitest'
import type { DeviceId, EpochId, TopicId, UserId } from '@poruch/base'
import { setup } from '@poruch/testkit/fixtures'
import { directScopeId, directTopicPrefix, docKinds, makeTopicAuthority, roles, topicIdOf } from './fold.ts'
import type { ScopeFold, TopicAuthority } from './fold.ts'
import { firstOwnGen } from './keys/direct-epoch.ts'

type World = Awaited<ReturnType<typeof setup>>

function deviceOf(fold: ScopeFold, user: UserId): DeviceId {
  const device = fold.member(user)?.devices[0]
  if (!device) throw new Error('no device')
  return device
}

async function makeScene(): Promise<{
  world: World
  fold: ScopeFold
  topics: TopicAuthority
  channel: TopicId
  direct: TopicId
  users: Record<'alice' | 'bob' | 'carol', UserId>
}> {
  const world = await setup('alice', 'bob', 'carol')
  const { fold } = world
  const [alice, bob, carol] = fold.members().map(({ user }) => user)
  if (!alice || !bob || !carol) throw new Error('three members')
  const topics = makeTopicAuthority(() => [fold])
  const scope = await directScopeId(world.suite, fold.scope, [bob, carol])
  const topicPrefix = await directTopicPrefix(world.suite, scope)
  const epoch = { workspace: fold.scope, scope, topicPrefix, author: bob, other: carol, device: deviceOf(fold, bob) }
  topics.addDirectEpoch({ ...epoch, gen: firstOwnGen, id: 'e0'.repeat(32) as EpochId })
  const prefix = fold.docs().find(({ kind }) => kind === docKinds.channel)?.prefix ?? ''
  return { world, fold, topics, channel: topicIdOf(prefix, 0), direct: topicIdOf(topicPrefix, 0), users: { alice, bob, carol } }
}

test('[ID200] a topic belongs to the log that names it, a 1:1 to the workspace of its two', async () => {
  const { fold, topics, channel, direct } = await makeScene()
  expect(topics.scopeOf(channel)).toBe(fold.scope)
  expect(topics.foldOf(direct)).toBe(fold)
  expect(topics.scopeOf(direct)).not.toBe(fold.scope)
  expect(topics.scopeOf(topicIdOf('ff'.repeat(28), 0))).toBeNull()
})

test('[ID201] where a topic asks for more, who has less may not write it', async () => {
  const { world, fold, topics, users } = await makeScene()
  const notices = topicIdOf(await world.addDoc(2, roles.admin, roles.viewer), 0)
  const pos = fold.head()?.pos ?? 0
  expect(topics.authorAt(notices, deviceOf(fold, users.alice), pos)).toHaveProperty('user')
  expect(topics.authorAt(notices, deviceOf(fold, users.bob), pos)).toEqual({ refused: 'no-right' })
})

test('[ID201] in a channel members write by role, in a 1:1 its two alone; strangers nowhere', async () => {
  const { fold, topics, channel, direct, users } = await makeScene()
  const pos = fold.head()?.pos ?? 0
  const [alice, bob, carol] = [users.alice, users.bob, users.carol].map((user) => deviceOf(fold, user)) as [DeviceId, DeviceId, DeviceId]
  for (const device of [alice, bob, carol]) expect(topics.authorAt(channel, device, pos)).toHaveProperty('user')
  for (const device of [bob, carol]) expect(topics.authorAt(direct, device, pos)).toHaveProperty('user')
  expect(topics.authorAt(direct, alice, pos)).toEqual({ refused: 'no-right' })
  expect(topics.authorAt(channel, 'ab'.repeat(32) as DeviceId, pos)).toEqual({ refused: 'no-right' })
  expect(topics.mayRead(direct, users.alice)).toBe(false)
  expect(topics.mayRead(direct, users.carol)).toBe(true)
})

test('[ID202] each of the two writes a 1:1 under own epochs; the first of a gen stands', async () => {
  const { fold, topics, direct, users } = await makeScene()
  const pos = fold.head()?.pos ?? 0
  const bob = deviceOf(fold, users.bob)
  expect(topics.epochFor(direct, bob, firstOwnGen, pos)).toBe('e0'.repeat(32))
  expect(topics.epochFor(direct, bob, firstOwnGen + 1, pos)).toBe('unknown')
  expect(topics.epochFor(direct, deviceOf(fold, users.carol), firstOwnGen, pos)).toBe('unknown')
  const scope = topics.scopeOf(direct) ?? fold.scope
  const again = { workspace: fold.scope, scope, topicPrefix: direct.slice(0, 56), author: users.bob, other: users.carol, device: bob }
  topics.addDirectEpoch({ ...again, gen: firstOwnGen, id: 'e1'.repeat(32) as EpochId })
  expect(topics.epochFor(direct, bob, firstOwnGen, pos)).toBe('e0'.repeat(32))
  const second = 'd2'.repeat(32) as DeviceId
  topics.addDirectEpoch({ ...again, device: second, gen: firstOwnGen + 1, id: 'e2'.repeat(32) as EpochId })
  expect(topics.epochFor(direct, bob, firstOwnGen + 1, pos)).toBe('unknown')
  expect(topics.leadsTo(direct, 'e2'.repeat(32) as EpochId, 'e0'.repeat(32) as EpochId)).toBe(true)
  // Of an earlier version: for all devices of its author.
  topics.addDirectEpoch({ ...again, device: second, gen: 0, id: 'e3'.repeat(32) as EpochId })
  expect(topics.epochFor(direct, bob, 0, pos)).toBe('e3'.repeat(32))
})

test('[ID203] a removal freezes the 1:1 chats of the removed; what was written in them keeps its author', async () => {
  const { world, fold, topics, channel, direct, users } = await makeScene()
  const bob = deviceOf(fold, users.bob)
  const before = fold.head()?.pos ?? 0
  expect(topics.isFrozen(direct)).toBe(false)
  await world.remove('bob', [])
  expect(topics.isFrozen(direct)).toBe(true)
  expect(topics.isFrozen(channel)).toBe(false)
  expect(topics.authorAt(direct, bob, before)).toEqual({ user: users.bob })
  expect(topics.authorAt(direct, bob, fold.head()?.pos ?? 0)).toEqual({ refused: 'no-right' })
  expect(topics.mayRead(direct, users.bob)).toBe(false)
  expect(topics.mayRead(direct, users.carol)).toBe(true)
})

test('[ID204] an epoch seals at positions from its own on, and not after a removal that it came before', async () => {
  const { world, fold, topics, channel, users } = await makeScene()
  const alice = deviceOf(fold, users.alice)
  const first = fold.epochs()[0]
  if (!first) throw new Error('no epoch')
  expect(topics.epochFor(channel, alice, 0, first.pos - 1)).toBe('unknown')
  expect(topics.epochFor(channel, alice, 0, first.pos)).toBe(first.id)
  await world.remove('bob', [])
  const pos = fold.head()?.pos ?? 0
  expect(topics.epochFor(channel, alice, 0, pos)).toBe('too-old')
  expect(topics.epochFor(channel, alice, fold.epochs().length - 1, pos)).toBe(fold.epochs().at(-1)?.id)
})
