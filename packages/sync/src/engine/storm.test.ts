/** Random weather over peers, relay, tabs and disks; when it is over, everyone has everything once. */
import { encodeUtf8 } from '@poruch/base'
import { makeSyncWorld } from '@poruch/testkit/memory'
import type { LinkPair, SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'

type Weather =
  | { readonly kind: 'say'; readonly who: number }
  | { readonly kind: 'link'; readonly who: number; readonly to: number }
  | { readonly kind: 'cut' | 'relay' | 'leave relay' | 'restart' | 'learn'; readonly who: number }
  | { readonly kind: 'forget' | 'offline' | 'online' | 'drop' | 'wait' }

const who = fc.nat(2)
const weather: fc.Arbitrary<Weather> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('say' as const), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('link' as const), who, to: who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('cut' as const, 'relay' as const, 'leave relay' as const, 'restart' as const, 'learn' as const),
      who,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('forget' as const, 'offline' as const, 'online' as const, 'drop' as const, 'wait' as const),
    }),
  },
)

interface Storm {
  readonly world: SyncWorld
  readonly players: SyncPlayer[]
  readonly said: string[]
  readonly links: { readonly pair: LinkPair; readonly ends: readonly number[] }[]
  readonly sessions: (ReturnType<SyncWorld['attach']> | null)[]
}

async function makeStorm(): Promise<Storm> {
  const world = makeSyncWorld(3)
  // The third knows of a log that is short, so that what the others write waits.
  const players = [await world.join(), await world.join(), await world.join({ pos: 3 })]
  for (const player of players) await player.sync.openTopic(world.topic)
  return { world, players, said: [], links: [], sessions: [null, null, null] }
}

async function blow(storm: Storm, event: Weather): Promise<void> {
  const { world, players, said, links, sessions } = storm
  const player = 'who' in event ? players[event.who]! : players[0]!
  if (event.kind === 'say') {
    const text = `${said.length}`
    said.push(text)
    await Promise.all([player.sync.write(world.topic, 1, encodeUtf8(text)), world.pass(50)])
  } else if (event.kind === 'link' && event.who !== event.to) {
    links.push({ pair: world.connect(player, players[event.to]!), ends: [event.who, event.to] })
  } else if (event.kind === 'cut') {
    for (const { pair, ends } of links) if (ends.includes(event.who)) pair.left.close('storm')
  } else if (event.kind === 'relay') keepAttached(storm, event.who)
  else if (event.kind === 'leave relay') {
    await sessions[event.who]?.close()
    sessions[event.who] = null
  } else if (event.kind === 'restart') {
    await player.sync.close()
    sessions[event.who] = null
    players[event.who] = player.openTab()
    await players[event.who]?.sync.openTopic(world.topic)
  } else if (event.kind === 'learn') {
    player.authority.learn(10)
    await player.sync.authorityChanged()
  } else if (event.kind === 'forget') world.relay.forget()
  else if (event.kind === 'offline' || event.kind === 'online') world.relay.setOffline(event.kind === 'offline')
  else if (event.kind === 'drop') world.relay.dropNext(1)
  await world.pass(100)
}

function keepAttached({ world, players, sessions }: Storm, index: number): void {
  if (sessions[index]?.state.read().closed === null) return
  sessions[index] = world.attach(players[index]!)
}

async function calm(storm: Storm, options: { direct: boolean }): Promise<void> {
  const { world, players } = storm
  world.relay.setOffline(false)
  world.relay.dropNext(0)
  for (const [index, player] of players.entries()) {
    player.authority.learn(10)
    await player.sync.authorityChanged()
    if (options.direct) world.connect(player, players[(index + 1) % 3]!)
    else keepAttached(storm, index)
  }
  for (let second = 0; second < 90; second++) {
    world.clock.advance(1000)
    await world.settle()
  }
}

test.each([
  ['peers', true],
  ['the relay', false],
])('[SY30][SY31] after any weather everyone has everything once, through %s alone', async (_name, direct) => {
  await fc.assert(
    fc.asyncProperty(fc.array(weather, { minLength: 5, maxLength: 40 }), async (events) => {
      const storm = await makeStorm()
      for (const event of events) await blow(storm, event)
      await calm(storm, { direct })
      for (const player of storm.players) {
        expect(player.texts(storm.world.topic).toSorted()).toEqual(storm.said.toSorted())
        expect(player.sync.topicState(storm.world.topic).read()).toMatchObject({ waiting: 0, blocked: 0, gaps: [] })
      }
      if (!direct) {
        expect(storm.world.relay.rows(storm.world.topic)).toHaveLength(storm.said.length)
        for (const session of storm.sessions) expect(session?.unsent.read()).toBe(0)
      }
    }),
    { numRuns: Number(process.env['STORM_RUNS'] ?? 15), seed: Number(process.env['STORM_SEED'] ?? 30) },
  )
})
