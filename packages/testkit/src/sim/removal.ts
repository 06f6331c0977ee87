/** The story of one removal: who is cut off, what they write before they can know, and after. */
import type { Bytes } from '@poruch/base'
import { attempt, conversationsOf, founder, hasTwin, replicaOf, send, userOf } from './people.ts'
import type { Cast, Person } from './people.ts'
import { relayName } from './world.ts'

export interface Removal {
  readonly person: Person
  /** A patched client: it does not hear of the removal and writes on under its old position and epoch. */
  readonly patched: boolean
  step: number
}

/** Seldom is all that is revoked known as such. */
const revokedShare = 0.7

/** A second device is stolen: its owner ends it from the other one, and it goes on writing as if it had not heard of that. */
export function planRevocation({ people, chance }: Cast): Removal | null {
  const own = chance.fork('revocation')
  const person = people.find(({ twinOf }) => twinOf !== null)
  return person && own.flip(revokedShare) ? { person, patched: true, step: 0 } : null
}

/** One step further. False when the story is over. */
export function goOnWithRevocation(cast: Cast, revocation: Removal): boolean {
  const { people, chance } = cast
  const { person } = revocation
  const step = revocation.step++
  const owner = people.find(({ name }) => name === person.twinOf)
  if (step === 0 && owner) {
    revoke(cast, person, owner)
    return true
  }
  const channels = conversationsOf(cast, person).filter(({ kind }) => kind === 'channel')
  if (channels.length > 0) send(cast, person, chance.pick(channels))
  return step < lastRevokedStep
}

const lastRevokedStep = 6

/** What a crash or a partition kept somebody from is done once all is calm. */
export function revokeAgain(cast: Cast): void {
  for (const person of cast.people) {
    const owner = person.patched && cast.people.find(({ name }) => name === person.twinOf)
    if (owner) revoke(cast, person, owner)
  }
}

function revoke(cast: Cast, person: Person, owner: Person): void {
  const { world } = cast
  const device = replicaOf(cast, person)
    ?.devices.read()
    .find(({ isThis }) => isThis)?.device
  const replica = replicaOf(cast, owner)
  if (!device || !replica) return
  person.patched = true
  person.stage = 'parting'
  world.setDeaf(person.name, (frame: Bytes) => frame[0] !== orderedFrame)
  world.ledger.excuse(person.name)
  attempt(cast, `${owner.name} revokes ${person.name}`, async () => replica.revokeDevice(device))
}

/** ORDERED: without it a device's log stands still. */
const orderedFrame = 17

/** Nobody, or somebody other than the founder. */
export function planRemoval(cast: Cast): Removal | null {
  const { people, chance } = cast
  const others = people.filter((one) => one.name !== founder && one.stage === 'member' && one.role === 'editor' && !hasTwin(cast, one))
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
