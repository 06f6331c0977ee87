/** What goes on while everything goes wrong: deeds of people and faults of machines, one after another, drawn by chance. */
import { chooseAttackers } from './byzantine.ts'
import { attempt, allNames, conversationsOf, founder, hasTwin, invite, lookAtRequests, replicaOf, send, startSafely } from './people.ts'
import type { Cast, Person } from './people.ts'
import { eraseSomething } from './erasing.ts'
import { goOnWithRemoval, goOnWithRevocation, planRemoval, planRevocation } from './removal.ts'
import { breakClocks, changeDisks } from './machine-faults.ts'
import type { Scenario } from './scenario.ts'
import { attackAsStranger, replayOfRemoved } from './strangers.ts'
import { relayName } from './world.ts'

/** Steps of one schedule; each is a deed or a fault, and up to `maxPauseMs` of whatever follows. */
const peacefulSteps = 45
/** Attackers fill a storm by themselves. */
const byzantineSteps = 28
const attackShare = 0.4
const maxPauseMs = 1200
const maxChannels = 3
const maxDeviceCrashes = 4

interface Choice {
  readonly weight: number
  run(): void
}

/** Ends with a relay that is honest again. */
export async function runStorm(cast: Cast, scenario: Scenario): Promise<void> {
  const { world, chance } = cast
  const attackers = await chooseAttackers(cast, scenario)
  const steps = attackers ? byzantineSteps : peacefulSteps
  const removal = planRemoval(cast)
  const removalFrom = chance.between(5, steps - 15)
  const counts = { channels: 0, crashes: 0, islands: false, isDiskFull: false }
  const revocation = planRevocation(cast)
  let telling = removal !== null
  let isRevoking = revocation !== null
  setWeather(cast)
  breakClocks(cast)
  for (let step = 0; step < steps; step++) {
    lookAtRequests(cast)
    watchAll(cast)
    if (removal && telling && step >= removalFrom && chance.flip(0.7)) telling = goOnWithRemoval(cast, removal)
    const isTelling = telling && step >= removalFrom
    if (revocation && isRevoking && step >= removalFrom) isRevoking = goOnWithRevocation(cast, revocation)
    if (revocation && revocation.step > 2 && chance.flip(0.5)) await replayOfRemoved(cast, revocation.person)
    if (removal && removal.patched && removal.step > 4 && chance.flip(0.5)) await replayOfRemoved(cast, removal.person)
    if (attackers && chance.flip(attackShare)) await attackers.act()
    draw(cast, choicesOf(cast, counts, isTelling))
    await world.clock.advance(chance.below(maxPauseMs))
  }
  attackers?.rest()
}

/** The weather of the whole storm; in some an adversary sits within the links. */
function setWeather({ world: { weather }, chance }: Cast): void {
  weather.maxDelayMs = chance.pick([50, 200, 900])
  weather.duplicates = chance.pick([0, 0.05, 0.3])
  const isHostile = chance.flip(0.3)
  weather.drops = isHostile ? 0.02 : 0
  weather.swaps = isHostile ? 0.05 : 0
}

export function watchAll(cast: Cast): void {
  for (const person of cast.people) {
    const replica = replicaOf(cast, person)
    if (!replica) continue
    cast.world.ledger.watchNew(person.name, replica, conversationsOf(cast, person))
  }
}

function draw({ chance }: Cast, choices: readonly Choice[]): void {
  let at = chance.below(choices.reduce((sum, { weight }) => sum + weight, 0))
  for (const { weight, run } of choices) {
    if (at < weight) return run()
    at -= weight
  }
}

interface Counts {
  channels: number
  crashes: number
  islands: boolean
  isDiskFull: boolean
}

function choicesOf(cast: Cast, counts: Counts, isTelling: boolean): readonly Choice[] {
  return [...deedsOf(cast, counts), ...faultsOf(cast, counts, isTelling)]
}

function deedsOf(cast: Cast, counts: Counts): readonly Choice[] {
  const { world, people, chance } = cast
  const running = people.filter((person) => person.stage === 'member' && !person.patched && replicaOf(cast, person) !== null)
  const alice = world.device(founder).replica()
  const newcomer = people.find(({ stage }) => stage === 'outside')
  const write = (kind: 'channel' | 'direct'): void => {
    if (running.length === 0) return
    const person = chance.pick(running)
    const ids = conversationsOf(cast, person).filter((id) => id.kind === kind)
    if (ids.length > 0) send(cast, person, chance.pick(ids))
  }
  return [
    { weight: 14, run: () => write('channel') },
    { weight: 6, run: () => write('direct') },
    {
      weight: counts.channels < maxChannels ? 2 : 0,
      run: () => {
        counts.channels++
        attempt(cast, `${founder} adds a channel`, async () => alice?.createChannel(`Channel ${counts.channels}`))
      },
    },
    {
      weight: newcomer ? 6 : 0,
      run: () => {
        if (newcomer && replicaOf(cast, newcomer)) invite(cast, newcomer)
      },
    },
    {
      weight: 2,
      run: () => {
        const late = alice?.workspace.read()?.late ?? []
        if (late.length > 0) attempt(cast, `${founder} admits what came late`, async () => alice?.admitLate(chance.pick(late)))
      },
    },
    { weight: 2, run: () => void (running.length > 0 && eraseSomething(cast, chance.pick(running))) },
    { weight: 1, run: () => leave(cast, running) },
    { weight: 1, run: () => void attackAsStranger(cast) },
  ]
}

/** Seldom, and never the last but two. */
function leave(cast: Cast, running: readonly Person[]): void {
  const others = running.filter((person) => person.name !== founder && !hasTwin(cast, person))
  if (others.length < 3 || !cast.chance.flip(0.3)) return
  const person = cast.chance.pick(others)
  const replica = replicaOf(cast, person)
  person.stage = 'parting'
  cast.world.ledger.excuse(person.name)
  attempt(cast, `${person.name} leaves`, async () => replica?.leave())
}

function faultsOf(cast: Cast, counts: Counts, isTelling: boolean): readonly Choice[] {
  const { world, people, chance } = cast
  const down = people.filter((person) => replicaOf(cast, person) === null)
  return [
    {
      weight: isTelling ? 0 : 3,
      run: () => {
        counts.islands = !counts.islands
        world.setIslands(counts.islands ? drawIslands(cast) : [])
      },
    },
    { weight: 1, run: () => world.dropLines() },
    {
      weight: counts.crashes < maxDeviceCrashes ? 2 : 0,
      run: () => {
        const person = chance.pick(people)
        counts.crashes++
        world.crashDevice(person.name)
      },
    },
    {
      weight: 4,
      run: () => {
        if (down.length > 0) startSafely(cast, chance.pick(down).name)
      },
    },
    {
      weight: 1,
      run: () => {
        counts.isDiskFull = !counts.isDiskFull
        changeDisks(cast, counts.isDiskFull)
      },
    },
    { weight: world.relay.core() ? 1 : 0, run: () => world.crashRelay() },
    { weight: world.relay.core() ? 0 : 6, run: () => attempt(cast, 'the relay starts', async () => world.startRelay()) },
  ]
}

function drawIslands(cast: Cast): readonly (readonly string[])[] {
  const islands: [string[], string[]] = [[], []]
  for (const name of allNames(cast)) islands[cast.chance.below(2) === 0 ? 0 : 1].push(name)
  if (cast.chance.flip(0.3)) return [allNames(cast).filter((name) => name !== relayName)]
  return islands
}
