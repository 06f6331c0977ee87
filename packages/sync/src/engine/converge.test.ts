/** Whole engines over in-memory links. */
import { makeSyncWorld } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'

test('[SY30] two peers that are linked show each other’s messages', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await world.join(), await world.join()]
  for (const player of [alice, bob]) await player.sync.openTopic(world.topic)
  await alice.say('before')
  world.connect(alice, bob)
  await world.pass(500)
  await alice.say('hello')
  await bob.say('hi')
  await world.pass(500)
  expect(alice.texts(world.topic)).toEqual(['before', 'hello', 'hi'])
  expect(bob.texts(world.topic)).toEqual(['before', 'hello', 'hi'])
  expect(bob.log).toEqual([])
})

test('[SY31] a relay carries messages to who comes later, and is re-seeded by whoever has them', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await world.join(), await world.join()]
  for (const player of [alice, bob]) await player.sync.openTopic(world.topic)
  const session = world.attach(alice)
  await alice.say('one')
  await alice.say('two')
  await world.pass(100)
  expect(session.unsent.read()).toBe(0)
  await session.close()
  const bobs = world.attach(bob)
  await world.pass(100)
  expect(bob.texts(world.topic)).toEqual(['one', 'two'])
  await bobs.close()
  world.relay.forget()
  world.attach(bob)
  await world.pass(3000)
  expect(world.relay.rows(world.topic)).toHaveLength(2)
})
