/** The directory: the workspace's name, channel titles and members' names, which no log may hold. */
import type { DeviceId, UserId } from '@poruch/base'
import type * as Y from 'yjs'
import type { DocView, Projection } from './doc-view.ts'
import { makeDocView } from './doc-view.ts'
import { ModelError } from './errors.ts'
import { makeTupleCursor } from './new-tuples.ts'
import { appendTuple } from './tuple-arrays.ts'
import type { TupleOrigin } from './tuple-schema.ts'
import { isAllowedLamport, isU48 } from './tuple-schema.ts'

/** Characters (UTF-16 units) of a name or title: four lines of a phone's screen. */
export const directoryValueMaxCharacters = 200
const keyMaxCharacters = 100
const fieldsMin = 3
const fieldsMax = 8
/** The numbers of identity's roles; a pure model does not import who judges. */
const roleNeeded = { name: 1, title: 3, workspace: 4, owner: 5, relay: 5 } as const

/**
 * What a tuple speaks of: the workspace's name, the author's own name, the title of the channel with this topic prefix, or an owner's word
 * on a change of owners: `owner/<owner term>/<user>/<role>`, or on who is to order the log: `relay/<its term>/<public key>`.
 */
export type DirectoryKey = 'workspace' | 'name' | `title/${string}` | `owner/${string}` | `relay/${string}`

export interface DirectoryJudge {
  /** 0 none … 5 owner: the role that counts for what this device wrote here. A name should outlive its owner's leaving. */
  roleOf(device: DeviceId): number
  /** Whose device this is, or null. */
  userOf(device: DeviceId): UserId | null
}

export interface Directory {
  /** Empty until it has arrived. */
  readonly workspace: string
  /** By topic prefix. */
  readonly titles: ReadonlyMap<string, string>
  readonly names: ReadonlyMap<UserId, string>
  /** Owners' words, one for each change and device, and of those on the relay one for each device; others judge whether they are good. */
  readonly words: readonly { readonly key: string; readonly device: DeviceId; readonly value: string }[]
}

/** Appends one fact. One transaction. @throws ModelError `empty`, `too-long`, `bad-number`, `bad-id` */
export function setDirectoryValue(doc: Y.Doc, device: DeviceId, fact: { key: DirectoryKey; value: string; lamport: number }): void {
  if (keyKind(fact.key) === null) throw new ModelError('bad-id', `key of ${fact.key.length} characters`)
  if (fact.value.length === 0) throw new ModelError('empty', 'no value')
  if (fact.value.length > directoryValueMaxCharacters) throw new ModelError('too-long', `${fact.value.length} characters`)
  if (!isU48(fact.lamport)) throw new ModelError('bad-number', 'lamport outside 48 bits')
  appendTuple(doc, device, [fact.key, fact.value, fact.lamport])
}

/** The guard's schema of directories; keys of later versions pass, and no reader of this one shows them. */
export function isDirectoryTuple(value: unknown, origin: TupleOrigin): boolean {
  if (!Array.isArray(value) || value.length < fieldsMin || value.length > fieldsMax) return false
  const [key, text, lamport] = value as unknown[]
  return isBounded(key, keyMaxCharacters) && isBounded(text, directoryValueMaxCharacters) && isAllowedLamport(lamport, origin)
}

/** The newest fact for each key, by (lamport, device), among authors whose role allows it. A function of what the document holds. */
export function directoryView(doc: Y.Doc, judge: DirectoryJudge): DocView<Directory> {
  return makeDocView(doc, makeDirectoryProjection(doc, judge))
}

interface Fact {
  readonly key: string
  readonly value: string
  readonly lamport: number
  readonly device: DeviceId
}

function makeDirectoryProjection(doc: Y.Doc, judge: DirectoryJudge): Projection<Directory> {
  const cursor = makeTupleCursor(doc)
  const facts = new Map<string, Fact>()
  let directory = directoryOf(new Map())
  const takeIn = (device: DeviceId, tuple: unknown): void => {
    if (!isDirectoryTuple(tuple, { device, lamports: { from: 0, to: Infinity } })) return
    const [key, value, lamport] = tuple as readonly [string, string, number]
    const place = placeOf(key, device, judge)
    const present = place === null ? undefined : facts.get(place)
    if (place !== null && (!present || isNewer({ key, value, lamport, device }, present))) facts.set(place, { key, value, lamport, device })
  }
  const sync = (): boolean => {
    const { restart, tuples } = cursor.next()
    if (tuples.length === 0 && !restart) return false
    if (restart) facts.clear()
    for (const { device, value } of tuples) takeIn(device, value)
    directory = directoryOf(facts)
    return true
  }
  const reset = (): void => {
    cursor.reset()
    facts.clear()
    directory = directoryOf(facts)
  }
  return { sync, reset, value: () => directory }
}

/** Of one device's facts at the same lamport the later in its array counts: they are taken in in that order. */
function isNewer(fact: Fact, present: Fact): boolean {
  return fact.lamport !== present.lamport ? fact.lamport > present.lamport : fact.device >= present.device
}

/** Where a fact belongs, or null where its author may not state it. */
function placeOf(key: string, device: DeviceId, judge: DirectoryJudge): string | null {
  const kind = keyKind(key)
  if (kind === null || judge.roleOf(device) < roleNeeded[kind]) return null
  if (kind === 'owner') return `${key}/${device}`
  if (kind === 'relay') return `relay/${device}`
  if (kind !== 'name') return key
  const user = judge.userOf(device)
  return user === null ? null : `name/${user}`
}

function keyKind(key: string): keyof typeof roleNeeded | null {
  if (key === 'workspace' || key === 'name') return key
  if (/^title\/[0-9a-f]{56}$/u.test(key)) return 'title'
  if (/^relay\/(?:0|[1-9]\d{0,9})\/[0-9a-f]{64}$/u.test(key)) return 'relay'
  return /^owner\/(?:0|[1-9]\d{0,9})\/[0-9a-f]{64}\/[1-5]$/u.test(key) ? 'owner' : null
}

function directoryOf(facts: ReadonlyMap<string, Fact>): Directory {
  const under = (prefix: string): [string, string][] =>
    [...facts].filter(([key]) => key.startsWith(prefix)).map(([key, fact]) => [key.slice(prefix.length), fact.value])
  return {
    workspace: facts.get('workspace')?.value ?? '',
    titles: new Map(under('title/')),
    names: new Map(under('name/').map(([user, name]) => [user as UserId, name])),
    words: [...facts]
      .filter(([place]) => place.startsWith('owner/') || place.startsWith('relay/'))
      .map(([, { key, device, value }]) => ({ key, device, value })),
  }
}

function isBounded(value: unknown, maxCharacters: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxCharacters
}
