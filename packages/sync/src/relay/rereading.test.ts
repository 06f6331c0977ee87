/** What a relay left out or changed comes once it is honest. */
import { decodeSyncRequest, encodeFrame } from '@poruch/sync/wire'
import { makeSyncWorld, scriptRelay } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'

async function opened(world: SyncWorld): Promise<SyncPlayer> {
  const player = await world.join()
  for (const topic of world.topics) await player.sync.openTopic(topic)
  return player
}

/** Three of Alice's envelopes as an honest relay has them, and the second one changed. */
async function order(world: SyncWorld) {
  const [alice, bob] = [await opened(world), await opened(world)]
  for (const text of ['1', '2', '3']) await alice.say(text)
  const rows = await alice.store.read(world.topic, alice.device, 1, 3)
  const entries = rows.map(({ bytes }, index) => ({ type: 'ENTRY', topic: world.topic, relaySeq: index + 1, envelope: bytes }) as const)
  const changed = entries.map((entry) => ({ ...entry, envelope: new Uint8Array(entry.envelope) }))
  changed[1]!.envelope[60]! ^= 1
  return { bob, entries, changed, head: { type: 'HEAD', topic: world.topic, relaySeq: 3 } as const }
}

test.each(['left out', 'changed'] as const)(
  '[SY90] an entry that was %s, with others behind it, is read again when the relay is honest, in this session, the next one, and after a restart',
  async (how) => {
    for (const when of ['now', 'next session', 'restart'] as const) {
      const world = makeSyncWorld()
      const { bob, entries, changed, head } = await order(world)
      const lie = how === 'left out' ? [entries[0]!, entries[2]!, head] : [entries[0]!, changed[1]!, entries[2]!, head]
      let isHonest = false
      const frames = () => (isHonest ? [...entries, head] : lie)
      const script = await scriptRelay(world, bob, frames)
      // Its own, acknowledged behind the lie, does not hide it either.
      await bob.say('own')
      await script.answer({ type: 'ACK', ref: script.appends()[0]!.ref, relaySeq: 4 })
      expect(bob.texts(world.topic)).toEqual(['1', 'own'])
      isHonest = true
      if (when === 'now') await world.pass(5500)
      else await script.session.close()
      if (when === 'restart') await bob.sync.close()
      const reader = when === 'restart' ? bob.openTab() : bob
      if (when === 'restart') await reader.sync.openTopic(world.topic)
      if (when !== 'now') await scriptRelay(world, reader, frames)
      expect(reader.texts(world.topic).toSorted()).toEqual(['1', '2', '3', 'own'])
    }
  },
)

test('[SY90] also where nothing waits for it: the last entry, refused, is read again within the session', async () => {
  const world = makeSyncWorld()
  const { bob, entries, changed } = await order(world)
  let isHonest = false
  const frames = () => (isHonest ? [entries[0]!, entries[1]!] : [entries[0]!, changed[1]!])
  await scriptRelay(world, bob, () => [...frames(), { type: 'HEAD', topic: world.topic, relaySeq: 2 }])
  expect(bob.texts(world.topic)).toEqual(['1'])
  isHonest = true
  await world.pass(5500)
  expect(bob.texts(world.topic)).toEqual(['1', '2'])
})

test('[SY90] what an ended session was still taking in does not move the cursor of the next one', async () => {
  const world = makeSyncWorld()
  const [alice, carol] = [await opened(world), await opened(world)]
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => (open = resolve))
  const bob = await world.join({
    wrap: (options) => ({
      ...options,
      store: {
        ...options.store,
        append: async (topic, expected, row) => {
          if (row.device === carol.device) await gate
          return options.store.append(topic, expected, row)
        },
      },
    }),
  })
  await bob.sync.openTopic(world.topic)
  for (const text of ['1', '2']) await alice.say(text)
  await carol.say('of Carol')
  const rows = [...(await alice.store.read(world.topic, alice.device, 1, 2)), ...(await carol.store.read(world.topic, carol.device, 1, 1))]
  const entries = rows.map(({ bytes }, index) => ({ type: 'ENTRY', topic: world.topic, relaySeq: index + 1, envelope: bytes }) as const)
  const head = { type: 'HEAD', topic: world.topic, relaySeq: 3 } as const
  const lying = await scriptRelay(world, bob, () => [entries[0]!, entries[2]!, head])
  void lying.session.close()
  const { pair } = world.relay.connect()
  bob.sync.attachRelay({
    relay: 'scripted',
    link: pair.left,
    topics: () => [world.topic],
    bulk: {
      sync: async (request, take) => {
        open()
        await world.settle()
        const from = decodeSyncRequest(request)?.[0]?.relaySeq ?? 0
        for (const frame of [...entries.slice(from), head]) await take(encodeFrame(frame))
      },
    },
  })
  await world.pass(1000)
  expect(bob.texts(world.topic).toSorted()).toEqual(['1', '2', 'of Carol'])
})

test('[SY90] a relay that goes on lying is read again four times in a session', async () => {
  const world = makeSyncWorld()
  const { bob, entries, changed, head } = await order(world)
  let readings = 0
  await scriptRelay(world, bob, () => {
    readings++
    return [entries[0]!, changed[1]!, entries[2]!, head]
  })
  await world.pass(1_000_000)
  expect(readings).toBe(5)
})
