/** The story of one removal: who is cut off, what they write before they can know, and after. */
import type { Bytes } from '@poruch/base'
import { attempt, conversationsOf, founder, replicaOf, send, userOf } from './people.ts'
import type { Cast, Person } from './people.ts'
import { relayName } from './world.ts'

export interface Removal {
  readonly person: Person
  /** A patched client: it does not hear of the removal and writes on under its old position and epoch. */
  readonly patched: boolean
  step: number
}

/** ORDERED: without it a device's log stands still. */
const orderedFrame = 17

/** Nobody, or somebody other than the founder. */
export function planRemoval({ people, chance }: Cast): Removal | null {
  const others = people.filter(({ name, stage, role }) => name !== founder && stage === 'member' && role === 'editor')
  if (others.length < 2 || !chance.flip(0.7)) return null
  return { person: chance.pick(others), patched: chance.flip(0.5), step: 0 }
}

/** One step further. False when the story is over. */
export function goOnWithRemoval(cast: Cast, removal: Removal): boolean {
  const { world, people, chance } = cast
  const { person } = removal
  const step = removal.step++
  const write = (): void => {
    // A traitor's own hand does that.
    if (person.isTraitor) return
    const channels = conversationsOf(cast, person).filter(({ kind }) => kind === 'channel')
    for (let count = chance.between(1, 2); count > 0 && channels.length > 0; count--) send(cast, person, chance.pick(channels))
  }
  if (step === 0) {
    const friends = people.filter(({ name, stage }) => name !== founder && name !== person.name && stage === 'member' && chance.flip(0.5))
    const island = [person.name, ...friends.map(({ name }) => name)]
    const rest = people.map(({ name }) => name).filter((name) => !island.includes(name))
    if (chance.flip(0.8)) world.setIslands([island, [...rest, relayName]])
    return true
  }
  if (step === 2) {
    remove(cast, removal)
    return true
  }
  if (step < 5) {
    write()
    return true
  }
  if (step === 5) world.setIslands([])
  write()
  return step < 8
}

function remove(cast: Cast, { person, patched }: Removal): void {
  const { world } = cast
  const alice = world.device(founder).replica()
  const user = userOf(cast, person)
  if (!alice || !user || !replicaOf(cast, person)) return
  person.patched ||= patched
  if (patched) world.setDeaf(person.name, (frame: Bytes) => frame[0] !== orderedFrame)
  person.stage = 'parting'
  world.ledger.excuse(person.name)
  attempt(cast, `${founder} removes ${person.name}`, async () => alice.removeMember(user))
}
