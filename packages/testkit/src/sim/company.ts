/** Companies that schedules begin with: founded once on a calm day, and kept, since that takes a fifth of a whole schedule's time. */
import { toBase64Url } from '@poruch/base'
import type { MemoryDisk } from '../memory/log-store.ts'
import type { KeyRegistry } from '../keyed-suite.ts'
import { makeChance } from './chance.ts'
import { attempt, drawPeople, founder, invite, lookAtRequests, replicaOf, startSafely, stepMs, until } from './people.ts'
import type { Cast, Person } from './people.ts'
import type { RelayMachine } from './relay-host.ts'
import { keyedSuite, realSuite } from './suites.ts'
import { makeTrace } from './trace.ts'
import { makeVirtualClock } from './virtual-clock.ts'
import { makeWorld, relayOrigin } from './world.ts'

/** What is left of a founded company when everybody has switched off: to be copied, never changed. */
export interface Company {
  readonly people: readonly Readonly<Person>[]
  readonly disks: ReadonlyMap<string, MemoryDisk>
  readonly machine: RelayMachine
  readonly keys: KeyRegistry
  readonly nowMs: number
}

/** As many differ in people, roles and keys; one takes half a megabyte. */
export const companyCount = 33
/** In every so many of them, of the smallest, somebody has two devices. */
const twinEvery = 6
const maxEvents = 10_000
const maxFoundingMs = 120_000
/** Until all that was said has arrived, and is acknowledged. */
const restMs = 5000

const kept = new Map<string, Promise<Company>>()

/** The same number below `companyCount` gives the same company. @throws Error when it does not come about: then nothing can be tested */
export async function companyOf(number: number, realCrypto: boolean): Promise<Company> {
  const name = `${realCrypto ? 'real ' : ''}company ${number}`
  const founded = kept.get(name) ?? found(number, realCrypto)
  kept.set(name, founded)
  return founded
}

async function found(number: number, realCrypto: boolean): Promise<Company> {
  const chance = makeChance(`company ${number}`)
  const keys: KeyRegistry = new Map()
  const own = chance.fork('suite')
  const { suite, settle } = realCrypto ? realSuite(own) : keyedSuite(own, keys)
  const clock = makeVirtualClock({ settle, maxEvents })
  const people = drawPeople(chance, number)
  const twin = number % twinEvery === 0 ? twinOf(people[1]) : null
  const world = await makeWorld({
    clock,
    chance: chance.fork('world'),
    suite,
    trace: makeTrace(clock),
    names: [...people, ...(twin ? [twin] : [])].map((person) => person.name),
    hasPeers: chance.flip(0.8),
    plantAckBeforeCommit: false,
    onTail: () => undefined,
    onWrite: () => false,
  })
  const cast: Cast = { world, chance: chance.fork('people'), people, words: new Map(), written: 0, slipped: 0 }
  await comeTogether(cast, chance.flip(0.4) ? people.slice(0, -1) : people)
  if (twin) await addDevice(cast, twin)
  await clock.advance(restMs)
  if (twin) people.push(twin)
  for (const person of people) world.crashDevice(person.name)
  await clock.advance(restMs)
  const disks = new Map(world.devices.map((device) => [device.name, device.memory]))
  return { people, disks, machine: world.relay.machine(), keys, nowMs: clock.now() }
}

function twinOf(person: Person | undefined): Person | null {
  return person ? { ...person, name: `${person.name}s-phone`, twinOf: person.name, stage: 'member' } : null
}

/** Somebody's second device, by the words of recovery. */
async function addDevice(cast: Cast, twin: Person): Promise<void> {
  const words = cast.words.get(twin.twinOf ?? '') ?? ''
  startSafely(cast, twin.name)
  await cast.world.clock.advance(stepMs)
  const replica = replicaOf(cast, twin)
  attempt(cast, `${twin.name} becomes a device`, async () => replica?.recover({ words, origin: relayOrigin, revoke: [] }))
  const isIn = (): boolean => replica?.workspace.read()?.name === 'Company' && replica.connection.read().relay.state === 'connected'
  if (!(await until(cast, isIn, maxFoundingMs))) throw new Error('the second device did not come in')
}

/** A workspace with its first members, made in calm weather. */
async function comeTogether(cast: Cast, members: readonly Person[]): Promise<void> {
  const { world, people } = cast
  await world.startRelay()
  for (const { name } of people) startSafely(cast, name)
  await world.clock.advance(stepMs)
  const [alice] = people
  const replica = alice && replicaOf(cast, alice)
  if (!alice || !replica) throw new Error('the founder has no device')
  attempt(cast, `${founder} founds`, async () =>
    replica.createWorkspace({
      name: 'Company',
      displayName: founder,
      origin: relayOrigin,
      setupSecret: toBase64Url(world.relay.setup),
      channelTitle: 'General',
    }),
  )
  const isIn = (person: Person): boolean => {
    const workspace = replicaOf(cast, person)?.workspace.read()
    return workspace?.name === 'Company' && workspace.myRole !== 'none' && workspace.members.every(({ name }) => name !== '')
  }
  const isConnected = (): boolean => isIn(alice) && replica.connection.read().relay.state === 'connected'
  if (!(await until(cast, isConnected, maxFoundingMs))) throw new Error('no workspace was founded')
  alice.stage = 'member'
  const joiners = members.filter((person) => person !== alice)
  for (const person of joiners) invite(cast, person)
  const areIn = (): boolean => {
    lookAtRequests(cast)
    return members.every(isIn)
  }
  if (!(await until(cast, areIn, maxFoundingMs))) throw new Error('not everybody came in')
}

/** The next morning: everybody opens the app, and finds the relay. */
export async function openCompany(cast: Cast): Promise<void> {
  const { world, people } = cast
  await world.startRelay()
  for (const { name } of people) startSafely(cast, name)
  const isThere = (person: Person): boolean =>
    person.stage === 'outside' || replicaOf(cast, person)?.connection.read().relay.state === 'connected'
  if (!(await until(cast, () => people.every((person) => replicaOf(cast, person) && isThere(person)), maxFoundingMs)))
    throw new Error('not everybody found the relay')
}
