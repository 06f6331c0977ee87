/** What a relay is given: windows, order, refusals, delivery. */
import { makeSyncWorld, scriptRelay } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'

async function opened(world: SyncWorld): Promise<SyncPlayer> {
  const player = await world.join()
  for (const topic of world.topics) await player.sync.openTopic(topic)
  return player
}

test('[SY34] at most 64 appends are on their way, in the order of the chain', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  for (let index = 0; index < 100; index++) await alice.say(`${index}`)
  const script = await scriptRelay(world, alice)
  expect(script.appends()).toHaveLength(64)
  expect(script.session.unsent.read()).toBe(100)
  const [first, second] = script.appends()
  await script.answer({ type: 'ACK', ref: first!.ref, relaySeq: 1 })
  await script.answer({ type: 'ACK', ref: second!.ref, relaySeq: 2 })
  expect(script.appends()).toHaveLength(66)
  expect(script.session.unsent.read()).toBe(98)
  const rows = await alice.store.read(world.topic, alice.device, 1, 66)
  expect(script.appends().map((frame) => frame.envelope)).toEqual(rows.map((row) => row.bytes))
})

test('[SY34] a chain that does not fit is sent again from its start, a few times; GAP names the place at once', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  for (const text of ['1', '2', '3']) await alice.say(text)
  const script = await scriptRelay(world, alice)
  const answerAll = async (code: string): Promise<number> => {
    const before = script.appends().length
    for (const { ref } of script.appends().slice(answered)) await script.answer({ type: 'REFUSE', ref, code, detail: '' })
    answered = before
    return script.appends().length - before
  }
  let answered = 0
  expect(await answerAll('chain')).toBe(3)
  expect(await answerAll('chain')).toBe(3)
  expect(await answerAll('chain')).toBe(3)
  expect(await answerAll('chain')).toBe(0)
  expect(script.session.state.read().refusals).toEqual([{ topic: world.topic, device: alice.device, seq: 1, code: 'chain' }])
  await script.answer({ type: 'GAP', topic: world.topic, device: alice.device, have: 2 })
  expect(script.appends().slice(answered)).toHaveLength(1)
  expect(script.session.state.read().refusals).toEqual([])
})

test('[SY34] GAP for what followed a refused envelope starts nothing anew: the relay is not asked in a circle', async () => {
  for (const code of ['void', 'wait-log']) {
    const world = makeSyncWorld()
    const alice = await opened(world)
    for (const text of ['1', '2', '3']) await alice.say(text)
    const script = await scriptRelay(world, alice)
    const [first, second, third] = script.appends()
    await script.answer({ type: 'ACK', ref: first!.ref, relaySeq: 1 })
    await script.answer({ type: 'REFUSE', ref: second!.ref, code, detail: '' })
    await script.answer({ type: 'GAP', topic: world.topic, device: alice.device, have: 1 })
    await script.answer({ type: 'REFUSE', ref: third!.ref, code: 'gap', detail: '' })
    expect(script.appends()).toHaveLength(3)
    await script.answer({ type: 'GAP', topic: world.topic, device: alice.device, have: 0 })
    expect(script.appends()).toHaveLength(6)
  }
})

test('[SY34] GAP for an envelope that is on its way again starts nothing anew', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  for (const text of ['1', '2', '3']) await alice.say(text)
  const script = await scriptRelay(world, alice)
  const [first] = script.appends()
  await script.answer({ type: 'REFUSE', ref: first!.ref, code: 'void', detail: '' })
  await alice.sync.authorityChanged()
  await world.settle()
  expect(script.appends()).toHaveLength(6)
  // The answers to the second and third of the first time were still under way.
  for (let late = 0; late < 2; late++) await script.answer({ type: 'GAP', topic: world.topic, device: alice.device, have: 0 })
  expect(script.appends()).toHaveLength(6)
})

test('[SY34] a final refusal stops that chain alone, is shown, and is tried again when membership changes', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.connect(alice, bob)
  await bob.say('b')
  await world.pass(500)
  await alice.say('a1')
  await alice.say('a2')
  const script = await scriptRelay(world, alice)
  const ofBob = script.appends().find((frame) => frame.envelope.length === script.appends()[0]!.envelope.length)
  const [row] = await alice.store.read(world.topic, bob.device, 1, 1)
  const refused = script.appends().find((frame) => frame.envelope.join() === row!.bytes.join())
  expect(ofBob).toBeDefined()
  for (const frame of script.appends().slice()) {
    if (frame === refused) await script.answer({ type: 'REFUSE', ref: frame.ref, code: 'no-right', detail: '' })
    else await script.answer({ type: 'ACK', ref: frame.ref, relaySeq: frame.ref })
  }
  expect(script.session.state.read().refusals).toEqual([{ topic: world.topic, device: bob.device, seq: 1, code: 'no-right' }])
  expect(script.session.unsent.read()).toBe(0)
  const before = script.appends().length
  await world.pass(60_000)
  expect(script.appends()).toHaveLength(before)
  await alice.sync.authorityChanged()
  await world.settle()
  expect(script.appends()).toHaveLength(before + 1)
})

test.each(['disk-full', 'quota-exceeded', 'too-many-requests'])(
  '[SY34] a chain refused by %s rests, and is sent again by itself',
  async (code) => {
    const world = makeSyncWorld()
    const alice = await opened(world)
    await alice.say('kept')
    const script = await scriptRelay(world, alice)
    const [first] = script.appends()
    await script.answer({ type: 'REFUSE', ref: first!.ref, code, detail: '' })
    expect(script.appends()).toHaveLength(1)
    await world.pass(60_000)
    expect(script.appends().length).toBeGreaterThan(1)
  },
)

test('[SY34] what others wrote is uploaded after a while, and not at all when it comes from the relay meanwhile', async () => {
  const world = makeSyncWorld()
  const [alice, bob, carol] = [await opened(world), await opened(world), await opened(world)]
  world.connect(alice, bob)
  world.connect(bob, carol)
  world.attach(bob)
  world.attach(carol)
  await world.pass(500)
  await alice.say('peers only')
  await world.pass(1500)
  expect(world.relay.rows(world.topic)).toHaveLength(0)
  world.attach(alice)
  await world.pass(60_000)
  expect(world.relay.rows(world.topic)).toHaveLength(1)
  expect(world.relay.answers).toEqual(['stored'])
  await alice.sync.close()
  await bob.say('again')
  await world.pass(60_000)
  expect(world.relay.answers).toEqual(['stored', 'stored'])
})

test('[SY34] a refusal that passes is tried again after a while', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await alice.say('1')
  const script = await scriptRelay(world, alice)
  await script.answer({ type: 'REFUSE', ref: script.appends()[0]!.ref, code: 'busy', detail: '' })
  expect(script.appends()).toHaveLength(1)
  await world.pass(5000)
  expect(script.appends()).toHaveLength(2)
  expect(script.session.state.read().refusals).toEqual([])
})

test('[SY35] an envelope is on this device until a relay has acknowledged it, and that is known after a restart', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await alice.say('1')
  expect(alice.sync.deliveryOf(world.topic, alice.device, 1)).toBe('device')
  const script = await scriptRelay(world, alice)
  expect(script.session.unsent.read()).toBe(1)
  let changes = 0
  alice.sync.delivery.subscribe(() => changes++)
  await script.answer({ type: 'ACK', ref: script.appends()[0]!.ref, relaySeq: 1 })
  expect(changes).toBeGreaterThan(0)
  expect(script.session.unsent.read()).toBe(0)
  expect(alice.sync.deliveryOf(world.topic, alice.device, 1)).toBe('relay')
  expect(alice.sync.deliveryOf(world.topic, alice.device, 2)).toBe('device')
  await script.session.close()
  const again = alice.openTab({ relays: ['scripted'] })
  await again.sync.openTopic(world.topic)
  expect(again.sync.deliveryOf(world.topic, alice.device, 1)).toBe('relay')
})

test('[SY31] a full link is left alone and gone on with', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  for (let index = 0; index < 8; index++) {
    await alice.sync.write(world.topic, 1, new Uint8Array(190_000).fill(index + 1))
    await world.pass(50)
  }
  const { bulk, pair } = world.relay.connect()
  pair.hold()
  const session = alice.sync.attachRelay({ relay: 'relay', link: pair.left, bulk, topics: () => world.topics })
  await world.pass(500)
  expect(pair.left.bufferedBytes()).toBeLessThan(1_500_000)
  pair.release()
  await world.pass(500)
  expect(world.relay.rows(world.topic)).toHaveLength(8)
  expect(session.unsent.read()).toBe(0)
})
