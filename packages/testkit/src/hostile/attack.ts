/** What an attack is, and how it is judged. */
import type { AlarmCode } from '@poruch/replica'
import { delay } from '../kill9/patience.ts'
import { alarmsOf } from './alarms.ts'
import { findDivergent, findUnauthorised, lostSince } from './judge.ts'
import { shownIn } from './members.ts'
import type { World } from './world.ts'

export interface Attack {
  readonly name: string
  /** One of these alarms must show at somebody honest before the relay is honest again; absent where refusing is all of the defence. */
  readonly alarms?: readonly AlarmCode[]
  /** The workspace cannot go on by this relay afterwards: honest devices are judged by what they hold, and a new world begins. */
  readonly isFinal?: boolean
  /** Two logs stand beside each other in the end, and nobody but the owners decides between them. */
  readonly isForked?: boolean
  /** Does what the relay does, and resolves when the victim has met it. @throws Error when it could not be carried out */
  run(world: World): Promise<void>
}

export interface Verdict {
  readonly name: string
  /** Empty: held. */
  readonly faults: readonly string[]
  /** What it left behind could fail the next one. */
  readonly isSpoilt: boolean
}

/** Alarms come by clocks of minutes. */
const jumpMs = 60_000
const maxJumps = 200
/** In which devices do what comes due by one, and reach the relay again whose answer to a probe a jump has overtaken. */
const jumpLookMs = 100
const maxReachLooks = 20
const lookMs = 20
/** Looks before the clock moves on, and before it is given up. */
const hangingTurns = 25
const maxReachTurns = 1000
const maxConvergeMs = 45_000

/** Carries an attack out, lets the honest meet afterwards, and says what it has done to them. */
export async function carryOut(world: World, attack: Attack): Promise<Verdict> {
  const before = new Map(world.honest.map((member) => [member, [...shownIn(member, world.general.id)]] as const))
  const faults: string[] = []
  const missing: string[] = []
  const look = async (): Promise<void> => {
    for (const fault of [...(await findUnauthorised(world)), ...lostSince(before, world)]) if (!faults.includes(fault)) faults.push(fault)
  }
  try {
    world.setDirect(false)
    await attack.run(world)
    await look()
    if (attack.alarms) missing.push(...(await alarmFaults(world, attack.alarms)))
    // What is broken stays so: whether the honest would meet again only takes time.
    if (faults.length === 0) faults.push(...(await heal(world, attack)))
  } catch (thrown) {
    faults.push(thrown instanceof Error ? thrown.message : String(thrown))
  }
  await look()
  return { name: attack.name, faults: [...faults, ...missing], isSpoilt: attack.isFinal === true || faults.length > 0 }
}

async function alarmFaults(world: World, alarms: readonly AlarmCode[]): Promise<readonly string[]> {
  for (let jumps = 0; jumps < maxJumps; jumps++) {
    if (alarmsOf(world).some((code) => alarms.includes(code))) return []
    world.clock.jump(jumpMs)
    await delay(jumpLookMs)
    for (let looks = 0; looks < maxReachLooks && world.honest.some((member) => member.sessions() === 0); looks++) {
      for (const member of world.honest) member.retry()
      await delay(jumpLookMs)
    }
  }
  return [`nobody sees an alarm (${alarms.join(' or ')}), but ${alarmsOf(world).join(' ') || 'none'}`]
}

/** The relay becomes honest, the honest find one another, each says something, and all must come to the same. */
async function heal(world: World, { isFinal = false, isForked = false }: Attack): Promise<readonly string[]> {
  world.proxy.setTricks({})
  world.setDirect(true)
  world.proxy.cut()
  const retry = (): void => {
    for (const member of world.honest) member.retry()
  }
  if (!isFinal) for (const member of world.honest) await world.say(member)
  const endMs = performance.now() + maxConvergeMs
  let divergent = await findDivergent(world, isForked)
  for (let turn = 0; divergent.length > 0 && performance.now() < endMs; turn++) {
    if (turn % 10 === 0) retry()
    await delay(lookMs)
    divergent = await findDivergent(world, isForked)
  }
  if (!isFinal) await reachAgain(world)
  return divergent
}

/** The next attack finds everybody with a session. Requests that the relay let hang have had their time. */
async function reachAgain({ honest, clock }: World): Promise<void> {
  const isThere = (): boolean => honest.every((member) => member.sessions() > 0)
  for (let turn = 1; turn < maxReachTurns && !isThere(); turn++) {
    for (const member of honest) member.retry()
    if (turn % hangingTurns === 0) clock.jump(jumpMs)
    await delay(lookMs)
  }
}
