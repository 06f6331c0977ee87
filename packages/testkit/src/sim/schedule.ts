/** One schedule, from one seed: a storm goes over a company, everything heals, and the end is judged. */
import { loadRecoveryWords } from '@poruch/crypto'
import { loadLaterParts } from '@poruch/replica'
import { makeChance } from './chance.ts'
import { companyCount, companyOf, openCompany } from './company.ts'
import type { Findings } from './checks.ts'
import { freeDisks, shortenLogs } from './machine-faults.ts'
import { attempt, invite, lookAtRequests, replicaOf, sayLastWords, startSafely } from './people.ts'
import type { Cast } from './people.ts'
import { judge } from './judge.ts'
import { plantInto } from './plants.ts'
import type { Scenario } from './scenario.ts'
import { maxWriteMs } from './slow-disk.ts'
import { revokeAgain } from './removal.ts'
import { keyedSuite, realSuite } from './suites.ts'
import { runStorm, watchAll } from './storm.ts'
import { makeTrace } from './trace.ts'
import type { TraceEvent } from './trace.ts'
import { makeVirtualClock } from './virtual-clock.ts'
import { calm, makeWorld } from './world.ts'

export interface ScheduleOptions {
  readonly seed: number
  readonly scenario: Scenario
  /** Hears each event of the trace. */
  readonly write?: (event: TraceEvent) => void
}

export interface Outcome {
  readonly seed: number
  readonly findings: Findings
  /** Members who attacked, and whoever some honest device named in an alarm. */
  readonly traitors: readonly string[]
  readonly named: readonly string[]
  readonly traceHash: string
  /** Messages written and events run, for the curious. */
  readonly messages: number
  readonly events: number
}

/** A schedule takes some ten thousand; more is a loop. */
const maxEvents = 40_000
/** Long enough for every retry there is: relays 30 s, refused chains 5 s, proposals 20 s. */
const healMs = 100_000
const healStepMs = 2000
/** A relay whose log was brought back orders nothing for two minutes. */
const recoveryMs = 130_000
/** So long before the end, last words are written. */
const lastWordsMs = 20_000
/** So long before the end, whoever could not end a stolen device tries again. */
const revocationsMs = 80_000
/** So long before the end, whoever is still outside is asked in: a newcomer reads what the others read. */
const lastInvitationsMs = 60_000

export async function runSchedule(options: ScheduleOptions): Promise<Outcome> {
  const { seed, scenario } = options
  const { plant } = scenario
  // A file that is read in the midst of it comes when the disk likes.
  await Promise.all([loadRecoveryWords(), loadLaterParts()])
  const chance = makeChance(`schedule ${seed}`)
  const company = await companyOf(chance.below(companyCount), scenario.realCrypto)
  const own = chance.fork('suite')
  const { suite, settle } = scenario.realCrypto ? realSuite(own) : keyedSuite(own, new Map(company.keys))
  const clock = makeVirtualClock({ settle, maxEvents, startMs: company.nowMs })
  const trace = makeTrace(clock, options.write)
  const people = company.people.map((person) => ({ ...person }))
  const shy = { crash: null as (() => void) | null, write: null as ((name: string) => boolean) | null }
  const world = await makeWorld({
    clock,
    chance: chance.fork('world'),
    suite,
    trace,
    names: people.map(({ name }) => name),
    disks: new Map([...company.disks].map(([name, disk]) => [name, disk.copy()])),
    machine: company.machine,
    hasPeers: chance.flip(0.8),
    plantAckBeforeCommit: plant === 'ack-before-commit',
    onTail: () => shy.crash?.(),
    onWrite: (name) => shy.write?.(name) ?? false,
  })
  const cast: Cast = { world, chance: chance.fork('people'), people, words: new Map(), written: 0, slipped: 0 }
  if (plant) plantInto(cast, plant)
  shortenLogs(cast)
  const outcome = (findings: Findings, named: readonly string[] = []): Outcome => ({
    seed,
    findings,
    named,
    traitors: people.filter(({ isTraitor }) => isTraitor).map(({ name }) => name),
    traceHash: trace.hash(),
    messages: cast.written,
    events: clock.events(),
  })
  try {
    await openCompany(cast)
    const isStorm = (): boolean => shy.crash !== null
    Object.assign(shy, { crash: crashAtTail(cast, isStorm), write: crashInWrite(cast, isStorm) })
    await runStorm(cast, scenario)
    Object.assign(shy, { crash: null, write: null })
    await heal(cast)
    const { findings, named } = await judge(cast, scenario)
    return outcome(findings, named)
  } catch (thrown) {
    return outcome({
      divergent: [`the schedule broke off: ${thrown instanceof Error ? (thrown.stack ?? '') : String(thrown)}`],
      lost: [],
      unauthorised: [],
    })
  }
}

/** The relay dies with something unsynced in its tail, once or twice in a storm. */
function crashAtTail({ world, chance }: Cast, isStorm: () => boolean): () => void {
  let left = chance.below(3)
  return () => {
    if (left === 0 || !chance.flip(0.06)) return
    left--
    world.clock.after(chance.below(8), () => {
      // What heals stays whole.
      if (isStorm() && world.relay.core()) world.crashRelay()
    })
  }
}

/** A device dies in the middle of a write, once or twice in a storm: before it is on the disk, or before anybody is told that it is. */
function crashInWrite({ world, chance }: Cast, isStorm: () => boolean): (name: string) => boolean {
  const own = chance.fork('crash in a write')
  let left = own.below(3)
  return (name) => {
    if (left === 0 || !own.flip(0.01)) return false
    left--
    world.clock.after(own.between(1, 2 * maxWriteMs), () => {
      if (isStorm() && world.device(name).replica()) world.crashDevice(name)
    })
    return true
  }
}

async function heal(cast: Cast): Promise<void> {
  const { world, people } = cast
  world.trace.note('heal')
  Object.assign(world.weather, calm())
  world.setIslands([])
  freeDisks(cast)
  world.dropLines()
  if (!world.relay.core()) attempt(cast, 'the relay starts', async () => world.startRelay())
  for (const person of people) if (!replicaOf(cast, person)) startSafely(cast, person.name)
  const totalMs = healMs + (world.relay.hasRolledBack() ? recoveryMs : 0)
  for (let spentMs = 0; spentMs < totalMs; spentMs += healStepMs) {
    if (spentMs === totalMs - revocationsMs) revokeAgain(cast)
    if (spentMs === totalMs - lastInvitationsMs) for (const person of people) if (person.stage === 'outside') invite(cast, person)
    if (spentMs === totalMs - lastWordsMs) sayLastWords(cast)
    await world.clock.advance(healStepMs)
    lookAtRequests(cast)
    watchAll(cast)
  }
}
