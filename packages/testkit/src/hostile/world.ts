/** A relay process with a proxy that lies, three honest devices, and one that was removed and helps the relay. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bytes, ScopeId, TopicId } from '@poruch/base'
import { systemRandom, webCryptoSuite } from '@poruch/crypto'
import type { SigningKey, Suite } from '@poruch/crypto'
import { topicIdOf } from '@poruch/identity/fold'
import type { ConversationId } from '@poruch/replica'
import { delay, until } from '../kill9/patience.ts'
import { freePort, makeRelayProcess } from '../kill9/relay-process.ts'
import type { RelayProcess } from '../kill9/relay-process.ts'
import { gatherTeam } from '../kill9/team.ts'
import { makeChance } from '../sim/chance.ts'
import { makeLine } from '../sim/line.ts'
import type { Weather } from '../sim/line.ts'
import { makePeerNetwork } from '../sim/peer-network.ts'
import { makeJumpClock } from './jump-clock.ts'
import type { JumpClock } from './jump-clock.ts'
import { openMember, shownIn } from './members.ts'
import type { Member, MemberParts } from './members.ts'
import { openProxy } from './proxy.ts'
import type { Proxy } from './proxy.ts'

/** Whether the relay behind the proxy judges what it stores. */
export type Checks = 'on' | 'off'

export interface Channel {
  readonly id: ConversationId
  readonly topic: TopicId
}

export interface World {
  readonly checks: Checks
  readonly suite: Suite
  readonly clock: JumpClock
  readonly relay: RelayProcess
  readonly proxy: Proxy
  /** The relay's own key. */
  readonly sequencer: SigningKey
  readonly scope: ScopeId
  /** Where all write. */
  readonly general: Channel
  /** Where nobody has written yet. */
  readonly side: Channel
  /** The founder, an owner. */
  readonly alice: Member
  readonly bob: Member
  readonly carol: Member
  /** Who stays: the judged. */
  readonly honest: readonly Member[]
  /** Removed; the device is offline, has not heard of it, and has written since. */
  readonly dave: Member
  /** What a false device of these is opened with. */
  readonly traitorParts: MemberParts
  /** This one is a member no more, by the will of the honest: what they must come to does not hold them any longer. */
  part(member: Member): void
  /** Whether honest devices reach one another without the relay. */
  setDirect(open: boolean): void
  /** Writes a text of its own in the common channel; answers it as it must be shown. */
  say(member: Member): Promise<string>
  /** Who is what, as it was decided so far, the newest last: the others may be seen by who has not heard of it. */
  rights(): readonly string[]
  /** All that was said, in the order in which it was. */
  said(): readonly string[]
  close(): Promise<void>
}

export interface WorldOptions {
  readonly checks: Checks
  /** Empty; the relay writes below it. */
  readonly folder: string
  /** A bug in Bob's and Carol's replicas. */
  readonly plant?: MemberParts
}

const still: Weather = { minDelayMs: 0, maxDelayMs: 2, duplicates: 0, drops: 0, swaps: 0 }
const names = ['Alice', 'Bob', 'Carol', 'Dave'] as const

/** @throws Error when the team does not come together within a minute or so */
export async function openWorld({ checks, folder, plant = {} }: WorldOptions): Promise<World> {
  const [port, relayPort] = [await freePort(), await freePort()]
  const entry = checks === 'off' ? { entry: fileURLToPath(new URL('lax-relay.ts', import.meta.url)) } : {}
  const relay = await makeRelayProcess({ dataFolder: join(folder, 'relay'), url: `http://localhost:${port}`, port: relayPort, ...entry })
  await relay.start()
  const proxy = await openProxy({ port, relayPort })
  const suite = webCryptoSuite(systemRandom)
  const clock = makeJumpClock()
  const air = makeAir(suite, clock)
  const members = new Map<string, Member>()
  const open = async (name: string): Promise<Member> => {
    const planted = name === 'Bob' || name === 'Carol' ? plant : {}
    const member = await openMember({ name, parts: { suite, clock, peers: air.port(name), ...planted } })
    members.set(name, member)
    return member
  }
  const team = await gatherTeam(relay, names, open)
  const [alice, bob, carol, friend] = names.map((name) => members.get(name)) as [Member, Member, Member, Member]
  const side = await alice.replica.createChannel('Side')
  const said: string[] = []
  const say = async (member: Member): Promise<string> => {
    const text = `word ${said.length + 1}`
    const shown = `${member.name}: ${text}`
    said.push(shown)
    await member.replica.send(team.channel, text)
    return shown
  }
  for (const member of [alice, bob, carol, friend]) await say(member)
  const all = [alice, bob, carol, friend]
  await until('all have read all', () => all.every((each) => shownIn(each, team.channel).length === all.length && knows(each, side)))
  const traitorParts: MemberParts = { suite, clock }
  const dave = await partFrom(alice, friend, traitorParts)
  let honest = [alice, bob, carol]
  const decided = [rightsOf(honest)]
  const isReady = ({ replica }: Member): boolean =>
    replica.workspace.read()?.members.length === honest.length && replica.conversation(team.channel).read().readOnly === null
  await until('all know that Dave is gone, and have the new key', () => honest.every(isReady))
  await confirmEachOther(honest, clock)
  return {
    checks,
    suite,
    clock,
    relay,
    proxy,
    sequencer: await suite.signingKeyFromSeed(new Uint8Array(await readFile(join(relay.dataFolder, 'sequencer.key'))) as Bytes),
    scope: alice.replica.workspace.read()?.scope as ScopeId,
    general: channelOf(team.channel),
    side: channelOf(side),
    alice,
    bob,
    carol,
    get honest() {
      return honest
    },
    dave,
    traitorParts,
    part: (member) => {
      honest = honest.filter((each) => each !== member)
      decided.push(rightsOf(honest))
    },
    setDirect: air.set,
    say,
    rights: () => decided,
    said: () => said,
    close: async () => {
      await Promise.all([alice, bob, carol, dave].map(async (member) => member.close()))
      await proxy.close()
      await relay.kill()
    },
  }
}

const confirmTurns = 200
const beaconMs = 30_000
const beaconTravelMs = 50

/** Who was never heard cannot be missed: an attack begins among people who were there. */
async function confirmEachOther(honest: readonly Member[], clock: JumpClock): Promise<void> {
  for (let turn = 0; turn < confirmTurns; turn++) {
    const counts = await Promise.all(honest.map(confirmedBy))
    if (counts.every((count) => count >= honest.length - 1)) return
    clock.jump(beaconMs)
    await delay(beaconTravelMs)
  }
  throw new Error('the honest do not confirm one another')
}

/** As `packages/replica` keeps it. */
async function confirmedBy({ store }: Member): Promise<number> {
  const bytes = await store.getRecord('freshness', 'state')
  return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as { confirmed: unknown[] }).confirmed.length : 0
}

function rightsOf(members: readonly Member[]): string {
  return members.map(({ name }) => `${name} ${name === 'Alice' ? 'owner' : 'editor'}`).join(', ')
}

function knows({ replica }: Member, id: ConversationId): boolean {
  return replica.workspace.read()?.conversations.some((each) => JSON.stringify(each.id) === JSON.stringify(id)) === true
}

function channelOf(id: ConversationId): Channel {
  if (id.kind !== 'channel') throw new Error('no channel')
  return { id, topic: topicIdOf(id.prefix, 0) }
}

/** Removes a member whose device is away, and lets that write on as if nothing had been. */
async function partFrom(admin: Member, friend: Member, parts: MemberParts): Promise<Member> {
  const { disk, user } = friend
  await friend.close()
  await admin.replica.removeMember(user)
  const dave = await openMember({ name: friend.name, parts, disk, offline: true })
  const channels = dave.replica.workspace.read()?.conversations ?? []
  for (const { id } of channels) if (id.kind === 'channel') await dave.replica.send(id, 'late')
  return dave
}

function makeAir(suite: Suite, clock: JumpClock): Pick<ReturnType<typeof makePeerNetwork>, 'port'> & { set(open: boolean): void } {
  const chance = makeChance('hostile/air')
  let isOpen = false
  const network = makePeerNetwork({
    clock,
    chance,
    suite,
    reaches: () => isOpen,
    makeLine: () => makeLine({ clock, chance, weather: still, onFrame: () => undefined }),
  })
  return {
    port: network.port,
    set: (open) => {
      isOpen = open
      network.review()
    },
  }
}
