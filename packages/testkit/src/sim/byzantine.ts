/** Who attacks in a schedule: a member with a changed client, a changed relay, or both; drawn by chance. */
import { evilMark } from './adversaries/adversary.ts'
import type { Adversary } from './adversaries/adversary.ts'
import { adversaries } from './adversaries/catalogue.ts'
import { becomeTraitor } from './adversaries/traitor.ts'
import type { Traitor } from './adversaries/traitor.ts'
import { noMischief } from './mischief.ts'
import { founder, hasTwin } from './people.ts'
import type { Cast } from './people.ts'
import type { Scenario } from './scenario.ts'

export interface Attackers {
  /** One deed of theirs. */
  act(): Promise<void>
  /** The relay is honest again; what was sent stays sent. */
  rest(): void
}

/** Adversaries of one schedule. */
const maxMemberAttacks = 3
const relayAttackShare = 0.5

/** Null where nobody attacks. The traitor counts for nothing at the end. */
export async function chooseAttackers(cast: Cast, { byzantine, only }: Scenario): Promise<Attackers | null> {
  const { world, chance } = cast
  const chosen = byzantine ? draw(cast, only) : []
  if (chosen.length === 0) return null
  world.trace.note(`attackers ${chosen.map(({ name }) => name).join(' ')}`)
  const traitor = chosen.some(({ by }) => by === 'member') ? await chooseTraitor(cast) : null
  let evils = 0
  const evil = (): string => `${evilMark}${++evils}`
  const { mischief } = world.relay
  const members = chosen.filter((one) => one.by === 'member')
  for (const one of chosen) if (one.by === 'relay') one.act({ cast, chance, mischief })
  return {
    act: async () => {
      if (!traitor || members.length === 0) return
      const one = chance.pick(members)
      world.trace.note(`${traitor.person.name}: ${one.name}`)
      await one.act({ cast, chance, traitor, evil })
    },
    rest: () => {
      Object.assign(mischief, noMischief())
    },
  }
}

function draw({ chance }: Cast, only: string | null): readonly Adversary[] {
  if (only !== null) return adversaries.filter(({ name }) => name === only)
  const [members, relays] = [adversaries.filter(({ by }) => by === 'member'), adversaries.filter(({ by }) => by === 'relay')]
  const chosen: Adversary[] = Array.from({ length: chance.between(1, maxMemberAttacks) }, () => chance.pick(members))
  if (chance.flip(relayAttackShare)) chosen.push(chance.pick(relays))
  return [...new Set(chosen)]
}

async function chooseTraitor(cast: Cast): Promise<Traitor | null> {
  const { world, chance, people } = cast
  const able = people.filter((one) => one.name !== founder && one.stage === 'member' && one.role === 'editor' && !hasTwin(cast, one))
  if (able.length === 0) return null
  const person = chance.pick(able)
  person.patched = true
  person.isTraitor = true
  world.ledger.excuse(person.name)
  return becomeTraitor(world, person)
}
