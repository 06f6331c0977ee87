/** Receiving: causal order, what waits, what is refused, and that chains go on behind all of it. */
import { encodeUtf8 } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { maxWaitingEnvelopes } from '@poruch/sync'
import { encodeHeader } from '@poruch/sync/wire'
import { makeSyncWorld, refusedText } from '@poruch/testkit/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chainOf, craft, feedTo, opened } from '../testing/feed.ts'

test('[SY22] any order, with repeats, shows the same, and nothing before what it follows', async () => {
  const world = makeSyncWorld()
  const authors = [await opened(world), await opened(world), await opened(world)]
  for (const [a, b] of [
    [0, 1],
    [1, 2],
    [0, 2],
  ] as const)
    world.connect(authors[a]!, authors[b]!)
  await world.pass(200)
  for (let round = 0; round < 4; round++) {
    for (const [index, author] of authors.entries()) await author.say(`${round}${index}`)
    await world.pass(100)
  }
  await Promise.all(authors.map(async (author, index) => author.sync.write(world.topic, 1, encodeUtf8(`at once ${index}`))))
  await world.pass(500)
  const all = (await Promise.all(authors.map(async (author) => chainOf(world, author)))).flat()
  expect(all).toHaveLength(15)
  const orders = fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length })
  await fc.assert(
    fc.asyncProperty(orders, async (envelopes) => {
      const reader = await opened(world)
      await feedTo(world, reader).give(...envelopes)
      expect(reader.texts(world.topic).toSorted()).toEqual(authors[0]!.texts(world.topic).toSorted())
      expect(reader.texts(world.topic).slice(0, 12)).toEqual(authors[0]!.texts(world.topic).slice(0, 12))
      expect(reader.applied).toHaveLength(15)
      expect(reader.sync.topicState(world.topic).read()).toMatchObject({ waiting: 0, blocked: 0, gaps: [] })
    }),
    { numRuns: 25, seed: 22 },
  )
})

test('[SY22] a dep that is not here keeps an envelope stored and unshown until it comes', async () => {
  const world = makeSyncWorld()
  const [alice, bob, carol] = [await opened(world), await opened(world), await opened(world)]
  world.connect(alice, bob)
  await alice.say('question')
  await world.pass(300)
  await bob.say('answer')
  const feed = feedTo(world, carol)
  await feed.give(...(await chainOf(world, bob)))
  expect(carol.texts(world.topic)).toEqual([])
  expect(carol.sync.topicState(world.topic).read()).toMatchObject({ waiting: 0, blocked: 1 })
  await feed.give(...(await chainOf(world, alice)))
  expect(carol.texts(world.topic)).toEqual(['question', 'answer'])
})

test('[SY22] opening hands the log over in causal order, and doing it again does nothing', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.connect(alice, bob)
  for (const text of ['1', '2', '3', '4']) {
    await alice.say(`a${text}`)
    await world.pass(300)
    await bob.say(`b${text}`)
    await world.pass(300)
  }
  await bob.sync.close()
  const again = bob.openTab()
  await Promise.all([again.sync.openTopic(world.topic), again.sync.openTopic(world.topic)])
  await again.sync.openTopic(world.topic)
  expect(again.texts(world.topic)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3', 'a4', 'b4'])
  expect(again.applied).toHaveLength(8)
})

test('[SY23] a lamport that does not follow is not shown, moves nobody else’s, and the chain goes on', async () => {
  const world = makeSyncWorld()
  const [mallory, alice] = [await opened(world), await opened(world)]
  const far = await craft(world, mallory, { seq: 1, prev: null, lamport: 2 ** 47, text: 'far ahead' })
  const next = await craft(world, mallory, { seq: 2, prev: far.id, lamport: 1, text: 'honest again' })
  await feedTo(world, alice).give(far.bytes, next.bytes)
  expect(alice.texts(world.topic)).toEqual(['honest again'])
  expect((await alice.store.read(world.topic, mallory.device, 1, 9)).map((row) => row.state)).toEqual(['refused', 'opened'])
  await alice.say('reply')
  expect(alice.applied.at(-1)?.lamport).toBe(2)
})

test('[SY23] what does not open, or opens to nonsense, is stored, unshown, and passed', async () => {
  const world = makeSyncWorld()
  const [mallory, alice] = [await opened(world), await opened(world)]
  const own = mallory.device.slice(0, 16)
  const sealedElsewhere = await craft(world, mallory, { seq: 1, prev: null, lamport: 1, spoilt: true })
  const nonsense = await craft(world, mallory, { seq: 2, prev: sealedElsewhere.id, lamport: 1, inner: new Uint8Array(32).fill(1) })
  const onItself = await craft(world, mallory, { seq: 3, prev: nonsense.id, lamport: 1, deps: [{ deviceIndex: own, seq: 1 }] })
  const onNobody = await craft(world, mallory, { seq: 4, prev: onItself.id, lamport: 1, deps: [{ deviceIndex: '00'.repeat(8), seq: 1 }] })
  const fine = await craft(world, mallory, { seq: 5, prev: onNobody.id, lamport: 1, text: 'fine' })
  await feedTo(world, alice).give(...[sealedElsewhere, nonsense, onItself, onNobody, fine].map((each) => each.bytes))
  expect(alice.texts(world.topic)).toEqual(['fine'])
  expect(alice.log.filter((line) => line.startsWith('content-refused'))).toEqual([
    'content-refused bad-seal',
    'content-refused bad-inner',
    'content-refused bad-deps',
    'content-refused bad-deps',
  ])
})

test('[SY24] content that the documents refuse advances the chain', async () => {
  const world = makeSyncWorld()
  const [mallory, alice] = [await opened(world), await opened(world)]
  const bad = await craft(world, mallory, { seq: 1, prev: null, lamport: 1, text: refusedText })
  const good = await craft(world, mallory, { seq: 2, prev: bad.id, lamport: 2, text: 'good' })
  await feedTo(world, alice).give(bad.bytes, good.bytes)
  expect(alice.texts(world.topic)).toEqual(['good'])
})

test('[SY25] without the epoch’s key envelopes are stored sealed, and shown when it comes', async () => {
  const world = makeSyncWorld()
  const [alice, carol] = [await opened(world), await opened(world, { gens: [] })]
  await alice.say('early')
  await feedTo(world, carol).give(...(await chainOf(world, alice)))
  expect(carol.texts(world.topic)).toEqual([])
  expect((await carol.store.read(world.topic, alice.device, 1, 1)).map((row) => row.state)).toEqual(['sealed'])
  carol.authority.giveKey(0)
  await carol.sync.authorityChanged([world.topic])
  expect(carol.texts(world.topic)).toEqual(['early'])
  expect((await carol.store.read(world.topic, alice.device, 1, 1)).map((row) => row.state)).toEqual(['opened'])
})

test('[SY26] an envelope at a position that is not here waits for the log, and its chain behind it', async () => {
  const world = makeSyncWorld()
  const [alice, carol] = [await opened(world), await opened(world, { pos: 3 })]
  await alice.say('1')
  await alice.say('2')
  await feedTo(world, carol).give(...(await chainOf(world, alice)))
  expect(carol.sync.topicState(world.topic).read()).toMatchObject({ heads: [], waiting: 2 })
  carol.authority.learn(10)
  await carol.sync.authorityChanged()
  expect(carol.texts(world.topic)).toEqual(['1', '2'])
  expect(carol.sync.topicState(world.topic).read()).toMatchObject({ waiting: 0 })
})

test('[SY26] an envelope of an epoch that is not here waits for it', async () => {
  const world = makeSyncWorld()
  const [alice, carol] = [await opened(world), await opened(world, { pos: 10 })]
  world.script.epochs.push({ pos: 11, key: new Uint8Array(32).fill(3) })
  alice.authority.learn(11)
  alice.authority.giveKey(1)
  const sealed = await craft(world, alice, { seq: 1, prev: null, lamport: 1, gen: 1, pos: 10, text: 'next epoch' })
  await feedTo(world, carol).give(sealed.bytes)
  expect(carol.sync.topicState(world.topic).read()).toMatchObject({ waiting: 1 })
  carol.authority.learn(11)
  carol.authority.giveKey(1)
  await carol.sync.authorityChanged()
  expect(carol.texts(world.topic)).toEqual(['next epoch'])
})

test('[SY27] a gap is named to the peer, once for each state of the chain, and closed when it comes', async () => {
  const world = makeSyncWorld()
  const [alice, carol] = [await opened(world), await opened(world)]
  for (const text of ['1', '2', '3', '4']) await alice.say(text)
  const [first, second, third, fourth] = await chainOf(world, alice)
  const feed = feedTo(world, carol)
  await feed.give(fourth!, third!, fourth!)
  expect(feed.answers.filter((frame) => frame.type === 'GAP')).toEqual([{ type: 'GAP', topic: world.topic, device: alice.device, have: 0 }])
  expect(carol.sync.topicState(world.topic).read()).toMatchObject({
    waiting: 2,
    gaps: [{ device: alice.device, have: 0, isRelays: false }],
  })
  await feed.give(first!, second!)
  expect(carol.texts(world.topic)).toEqual(['1', '2', '3', '4'])
  expect(carol.sync.topicState(world.topic).read()).toMatchObject({ waiting: 0, gaps: [] })
})

test('[SY27] what waits is bounded: over it everything that waits is dropped and asked for again', async () => {
  const world = makeSyncWorld()
  const [alice, carol] = [await opened(world), await opened(world)]
  await alice.say('1')
  const feed = feedTo(world, carol)
  const junk = (seq: number): Bytes => {
    const header = encodeHeader({
      kind: 1,
      gen: 0,
      deviceIndex: alice.device.slice(0, 16),
      seq,
      pos: 10,
      lamport: seq,
      nonce: new Uint8Array(12),
      prevHint: '00000001',
      headHint: carol.authority.headIdAt(world.topic, 10)!.slice(0, 8),
    })
    const bytes = new Uint8Array(53 + 16 + 64)
    bytes.set(header)
    bytes.set([seq >> 8, seq & 255], 100)
    return bytes
  }
  for (let seq = 10; seq < 10 + maxWaitingEnvelopes; seq += 512)
    await feed.give(...Array.from({ length: 512 }, (_, index) => junk(seq + index)))
  expect(carol.sync.topicState(world.topic).read().waiting).toBe(maxWaitingEnvelopes)
  const before = feed.answers.length
  await feed.give(junk(9000))
  expect(carol.sync.topicState(world.topic).read().waiting).toBe(0)
  await world.pass(6000)
  expect(feed.answers.slice(before)).toMatchObject([{ type: 'VECTOR', topic: world.topic, heads: [] }])
  await feed.give(...(await chainOf(world, alice)))
  expect(carol.texts(world.topic)).toEqual(['1'])
})

test('[SY22] at one lamport devices come in their order, whichever chain came first', async () => {
  const world = makeSyncWorld()
  const authors = [await opened(world), await opened(world), await opened(world)]
  for (const author of authors) await author.say(author.device)
  const inOrder = authors.map((author) => author.device).toSorted()
  for (const first of authors) {
    const reader = await world.join()
    const feed = feedTo(world, reader)
    for (const author of [first, ...authors.filter((each) => each !== first)]) await feed.give(...(await chainOf(world, author)))
    await reader.sync.openTopic(world.topic)
    expect(reader.texts(world.topic)).toEqual(inOrder)
  }
})

test('[SY23] stored rows whose author or epoch the log has come to deny have their turn and show nothing', async () => {
  const world = makeSyncWorld()
  const [alice, bob, carol] = [await opened(world), await opened(world), await world.join()]
  await alice.say('old key')
  await bob.say('no right')
  for (const author of [alice, bob])
    for (const row of await author.store.read(world.topic, author.device, 1, 9)) await carol.store.append(world.topic, row.seq - 1, row)
  // What a take-over of the log may bring: other positions, and with them other rights.
  const place = world.script.members.findIndex((member) => member.device === bob.device)
  world.script.members[place] = { ...world.script.members[place]!, until: 5 }
  world.script.cuts.push({ pos: 9, device: carol.device, keeps: new Map() })
  await carol.sync.openTopic(world.topic)
  expect(carol.texts(world.topic)).toEqual([])
  expect(carol.sync.topicState(world.topic).read().blocked).toBe(0)
  expect(carol.log.toSorted()).toEqual(['content-refused epoch-too-old', 'content-refused no-right'])
})

test('[SY10] a forged envelope leaves no trace', async () => {
  const world = makeSyncWorld()
  const [alice, carol] = [await opened(world), await opened(world)]
  await alice.say('1')
  const [bytes] = await chainOf(world, alice)
  bytes![bytes!.length - 1]! ^= 1
  await feedTo(world, carol).give(bytes!)
  expect(await carol.store.topics()).toEqual([])
  expect(carol.log).toEqual(['envelope-refused bad-signature'])
})
