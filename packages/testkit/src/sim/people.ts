/** The people of a schedule and what they do with their devices; each deed is heard out, none is waited for. */
import { CodedError } from '@poruch/base'
import type { UserId } from '@poruch/base'
import type { ConversationId, OpenReplica } from '@poruch/replica'
import type { Chance } from './chance.ts'
import type { Sent } from './ledger.ts'
import { relayName } from './world.ts'
import type { World } from './world.ts'

export type Stage = 'outside' | 'asking' | 'member' | 'parting' | 'gone'

export interface Person {
  readonly name: string
  readonly role: 'viewer' | 'editor'
  /** Of a second device: whose it is. */
  readonly twinOf: string | null
  stage: Stage
  /** Runs a changed client: nobody who counts at the end. */
  patched: boolean
  /** Attacks others. */
  isTraitor: boolean
}

export interface Cast {
  readonly world: World
  readonly chance: Chance
  readonly people: readonly Person[]
  /** Recovery words by name, of those who have joined meanwhile. */
  readonly words: Map<string, string>
  /** How many messages were written. */
  written: number
  /** How many frames were slipped into lines to the relay. */
  slipped: number
}

/** The founder and only admin. */
export const founder = 'Alice'
const names = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin'] as const
const minPeople = 3
const dayMs = 24 * 3600 * 1000

/** Of three to five: as many companies of each size. */
export function drawPeople(chance: Chance, company: number): Person[] {
  const count = minPeople + (company % (names.length - minPeople + 1))
  return names.slice(0, count).map((name, index) => ({
    name,
    role: index > 1 && chance.flip(0.2) ? 'viewer' : 'editor',
    twinOf: null,
    stage: 'outside',
    patched: false,
    isTraitor: false,
  }))
}

/** Whether somebody has two devices: of those is told elsewhere how one ends. */
export function hasTwin({ people }: Pick<Cast, 'people'>, { name, twinOf }: Person): boolean {
  return twinOf !== null || people.some((other) => other.twinOf === name)
}

/** Runs a deed; what it answers with is noted, and only an error without a code is a defect. */
export function attempt({ world }: Cast, name: string, deed: () => Promise<unknown>): void {
  world.trace.note(name)
  const run = async (): Promise<void> => {
    try {
      await deed()
      world.trace.note(`${name}: done`)
    } catch (thrown) {
      world.trace.note(`${name}: ${String(thrown)}`)
      if (!(thrown instanceof CodedError)) world.ledger.see({ kind: 'broken', text: `${name} threw ${String(thrown)}` })
    }
  }
  void run()
}

export function replicaOf({ world }: Cast, person: Person): OpenReplica | null {
  return world.device(person.name).replica()
}

export function conversationsOf(cast: Cast, person: Person): readonly ConversationId[] {
  const workspace = replicaOf(cast, person)?.workspace.read()
  return workspace?.conversations.map(({ id }) => id) ?? []
}

export function send(cast: Cast, person: Person, conversation: ConversationId): Sent | null {
  const { world } = cast
  const replica = replicaOf(cast, person)
  if (!replica) return null
  const text = `m${++cast.written}-${person.name}`
  const seen = replica
    .conversation(conversation)
    .read()
    .messages.map((message) => message.text)
  const sent = world.ledger.write({ text, author: person.name, conversation, seen })
  attempt(cast, `${person.name} writes ${text}`, async () => {
    try {
      await replica.send(conversation, text)
      sent.state = 'kept'
    } catch (thrown) {
      sent.state = 'refused'
      throw thrown
    }
  })
  return sent
}

/** Whoever may write writes once more, where everybody reads it. */
export function sayLastWords(cast: Cast): void {
  for (const person of cast.people) {
    const channel = conversationsOf(cast, person).find(({ kind }) => kind === 'channel')
    const mayWrite = person.role === 'editor' && person.stage === 'member' && !person.patched
    const sent = mayWrite && channel ? send(cast, person, channel) : null
    if (sent) sent.isLast = true
  }
}

/** The founder invites, the person asks; an admin's look at what waits does the rest. */
export function invite(cast: Cast, person: Person): void {
  const alice = replicaOf(cast, { ...person, name: founder })
  if (!alice) return
  const approval = cast.chance.flip(0.7)
  attempt(cast, `${founder} invites ${person.name}`, async () => {
    const { link } = await alice.createInvitation({ role: person.role, validForMs: 30 * dayMs, maxUses: 1, approval })
    const replica = replicaOf(cast, person)
    if (!replica || person.stage !== 'outside') return
    person.stage = 'asking'
    const { words } = await replica.requestJoin({ link, displayName: person.name })
    cast.words.set(person.name, words.join(' '))
  })
}

/** Admits whoever asks; takes note of who has become a member. */
export function lookAtRequests(cast: Cast): void {
  const alice = cast.world.device(founder).replica()
  for (const request of alice?.workspace.read()?.requests ?? []) attempt(cast, `${founder} admits`, async () => alice?.admit(request))
  for (const person of cast.people) {
    if (person.stage !== 'asking') continue
    const role = replicaOf(cast, person)?.workspace.read()?.myRole
    if (role !== undefined && role !== 'none') person.stage = 'member'
  }
}

export function userOf(cast: Cast, person: Person): UserId | null {
  return (
    replicaOf(cast, person)
      ?.workspace.read()
      ?.members.find(({ isMe }) => isMe)?.user ?? null
  )
}

/** Goes on in small steps until it is so. */
export async function until({ world }: Cast, condition: () => boolean, maxMs: number): Promise<boolean> {
  for (let spentMs = 0; spentMs < maxMs; spentMs += stepMs) {
    if (condition()) return true
    await world.clock.advance(stepMs)
  }
  return condition()
}

/** The steps of `until`. */
export const stepMs = 100

export function startSafely(cast: Cast, name: string): void {
  attempt(cast, `${name} opens the app`, async () => cast.world.startDevice(name))
}

export function allNames({ people }: Cast): readonly string[] {
  return [...people.map(({ name }) => name), relayName]
}
