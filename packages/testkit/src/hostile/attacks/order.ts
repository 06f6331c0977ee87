/** Honest envelopes, shown otherwise than they came: again, in another order, in part, or to some alone. */
import type { FrameOf } from '@poruch/sync/wire'
import { delay, until, untilAsync } from '../../kill9/patience.ts'
import type { Attack } from '../attack.ts'
import { give } from '../give.ts'
import { endOf, isBy, rowsOf, shownIn } from '../members.ts'
import type { Member } from '../members.ts'
import type { Passenger, Tricks } from '../proxy.ts'
import { copyOf, openTraitor } from '../traitors.ts'
import type { World } from '../world.ts'

type Entry = FrameOf<'ENTRY'>

const retryMs = 50
const replays = 12
/** A minute. */
const maxRetries = 1200

export const orderAttacks: readonly Attack[] = [
  {
    name: 'replay an envelope',
    run: async (world) => {
      const { bob, carol, general, proxy } = world
      const { topic } = general
      const [old] = await rowsOf(bob, topic, carol.id)
      if (!old) throw new Error('Carol has written nothing')
      // As the next one in the relay's order, and as one of those after it.
      for (let count = 0; count < replays; count++) {
        const relaySeq = proxy.seqOf(bob.id, topic) + 1 + (count % 4)
        proxy.lineOf(bob.id).toDevice({ type: 'ENTRY', topic, relaySeq, envelope: old.bytes })
        await delay(retryMs)
      }
    },
  },
  {
    name: 'deliver every frame three times',
    run: async (world) => {
      world.proxy.setTricks({ down: (frame) => [frame, frame, frame] })
      for (const author of world.honest) for (const reader of world.honest) if (reader !== author) await readsAfter(world, author, reader)
    },
  },
  {
    name: 'swap two envelopes of one author',
    run: async (world) => {
      // By place: the same entry may come on two ways.
      const held = new Map<number, Entry>()
      world.proxy.setTricks(
        carolToBob(world, (entry) => {
          held.set(entry.relaySeq, entry)
          const [first, second] = held.values()
          if (!first || !second) return []
          return held.size > 2
            ? [entry]
            : [
                { ...second, relaySeq: first.relaySeq },
                { ...first, relaySeq: second.relaySeq },
              ]
        }),
      )
      for (let count = 0; count < 2; count++) await sayAlone(world, world.carol)
      await until('both were shown to Bob', () => held.size > 1)
    },
  },
  {
    name: 'drop an envelope in the middle',
    alarms: ['withheld', 'not-fresh'],
    run: async (world) => {
      let passed = 0
      world.proxy.setTricks(
        carolToBob(world, (entry) => (++passed === 2 ? [] : [{ ...entry, relaySeq: entry.relaySeq - (passed > 2 ? 1 : 0) }])),
      )
      for (let count = 0; count < 3; count++) await sayAlone(world, world.carol)
      await until('the third was shown to Bob', () => passed > 2)
    },
  },
  {
    name: 'withhold the tail from everybody',
    alarms: ['not-fresh'],
    run: async (world) => {
      world.proxy.setTricks(silence(() => true))
      for (const member of world.honest) await world.say(member)
    },
  },
  {
    name: 'freeze one member',
    alarms: ['not-fresh'],
    run: async (world) => {
      world.proxy.setTricks(silence(({ device }) => device === world.bob.id))
      await world.say(world.carol)
      await readsAfter(world, world.alice, world.carol)
    },
  },
  {
    name: 'acknowledge and not store',
    run: async (world) => {
      const { alice, bob, carol, general, proxy } = world
      let swallowed = 0
      proxy.setTricks({
        up: (frame, from) => {
          if (frame.type !== 'APPEND' || from !== carol.id) return [frame]
          swallowed++
          proxy.lineOf(carol.id).toDevice({ type: 'ACK', ref: frame.ref, relaySeq: proxy.seqOf(carol.id, frame.topic) + 1 })
          return []
        },
      })
      const text = await world.say(carol)
      await until('it was swallowed', () => swallowed > 0)
      world.setDirect(true)
      await until('the others have it from her', () => [alice, bob].every((each) => shownIn(each, general.id).includes(text)))
    },
  },
  {
    name: 'lie about the end of every topic, and reset over and over',
    run: async (world) => {
      const { bob, carol, general, side, proxy } = world
      const line = proxy.lineOf(bob.id)
      for (let count = 0; count < 20; count++) {
        for (const { topic } of [general, side]) {
          line.toDevice({ type: 'HEAD', topic, relaySeq: 0xffff_ffff - count })
          line.toDevice({ type: 'RESET', topic })
        }
        line.toDevice({ type: 'GAP', topic: general.topic, device: carol.id, have: count % 2 })
      }
      await readsAfter(world, carol, bob)
    },
  },
  {
    name: 'serve what a removed member wrote after the removal',
    run: async (world) => {
      const { bob, dave, general } = world
      for (const { bytes, seq } of await rowsOf(dave, general.topic, dave.id)) {
        if (seq > 1) await give(world, { victim: bob, topic: general.topic, envelope: bytes, isKept: true })
      }
    },
  },
  {
    name: 'show two branches of one device’s chain',
    alarms: ['equivocation'],
    run: async (world) => {
      const { bob, dave, general, side, traitorParts } = world
      for (const { bytes, seq } of await rowsOf(dave, side.topic, dave.id))
        if (seq === 1) await give(world, { victim: bob, topic: side.topic, envelope: bytes, isKept: true })
      // The same device, as it was before it wrote that: it writes something else in the same place.
      const twin = await openTraitor('the other Dave', traitorParts, await copyOf(dave.store, [general.topic]))
      await twin.replica.send(side.id, 'another word')
      const [other] = await rowsOf(twin, side.topic, dave.id)
      await twin.close()
      if (other) await give(world, { victim: bob, topic: side.topic, envelope: other.bytes, isFork: true })
    },
  },
]

/** Changes Carol's entries on their way to Bob. */
function carolToBob({ bob, carol }: World, change: (entry: Entry) => readonly Entry[]): Tricks {
  return { down: (frame, to) => (frame.type === 'ENTRY' && to.device === bob.id && isBy(carol, frame) ? change(frame) : [frame]) }
}

/** Nothing new is shown: no entries, no log, no keys, and no end but the one known. */
function silence(isVictim: (to: Passenger) => boolean): Tricks {
  const hidden = new Set(['ENTRY', 'HEAD', 'ORDERED', 'KEY', 'EPH'])
  return {
    down: (frame, to) =>
      hidden.has(frame.type) && isVictim(to) ? (to.way === 'bulk' && frame.type === 'HEAD' ? [{ ...frame, relaySeq: 0 }] : []) : [frame],
  }
}

/** Resolves when the reader shows what the author says now. */
export async function readsAfter(world: World, author: Member, reader: Member): Promise<void> {
  const text = await world.say(author)
  for (let turn = 0; turn < maxRetries && !shownIn(reader, world.general.id).includes(text); turn++) {
    // A device that has just lost its session waits for seconds otherwise.
    if (reader.sessions() === 0) reader.retry()
    await delay(retryMs)
  }
  if (!shownIn(reader, world.general.id).includes(text)) throw new Error(`${reader.name} does not read "${text}" within a minute`)
}

/** In an envelope of its own. */
async function sayAlone(world: World, author: Member): Promise<string> {
  const { topic } = world.general
  const before = await endOf(author, topic, author.id)
  const text = await world.say(author)
  await untilAsync('it is sealed', async () => (await endOf(author, topic, author.id)) > before)
  return text
}
