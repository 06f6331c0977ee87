/** Judges the end of a schedule: nothing differs, nothing acknowledged is lost, nothing unauthorised was accepted. */
import { emptyBytes, parseHex, toHex } from '@poruch/base'
import type { DeviceId, TopicId, UserId } from '@poruch/base'
import { prefixOf } from '@poruch/identity/fold'
import type { RelayLog } from '@poruch/sync/relay-log'
import { decodeEnvelope, isErasedForm } from '@poruch/sync/wire'
import { evilMark } from './adversaries/adversary.ts'
import type { Audit, AuditedEnvelope } from './audit.ts'
import type { Sent } from './ledger.ts'
import { bodyOf } from './relay-promises.ts'
import type { RelayPromises } from './relay-promises.ts'
import { pairOf } from './snapshot.ts'
import type { Shown, Snapshot } from './snapshot.ts'

/** Reasons, one line each. */
export interface Findings {
  readonly divergent: readonly string[]
  readonly lost: readonly string[]
  readonly unauthorised: readonly string[]
}

export function isClean({ divergent, lost, unauthorised }: Findings): boolean {
  return divergent.length + lost.length + unauthorised.length === 0
}

/** All that two members may both read is the same for both, and everyone is at rest. */
export function checkConverged(snapshots: readonly Snapshot[]): readonly string[] {
  const [first] = snapshots
  const reasons: string[] = []
  if (!first) return [...reasons, 'nobody is left']
  for (const one of snapshots) {
    reasons.push(...one.unrest.map((text) => `${one.name}: ${text}`))
    if (one.logHead !== first.logHead) reasons.push(`the log of ${one.name} ends otherwise than that of ${first.name}`)
    const line = one.directory.findIndex((text, index) => text !== first.directory[index])
    if (line >= 0 || one.directory.length !== first.directory.length)
      reasons.push(`${one.name} reads ${one.directory[line]} where ${first.name} reads ${first.directory[line]}`)
  }
  const keys = new Set(snapshots.flatMap(({ conversations }) => [...conversations.keys()]))
  for (const key of keys) {
    const readers = snapshots.filter(({ conversations }) => conversations.has(key))
    const texts = readers.map(({ conversations }) => JSON.stringify(conversations.get(key)))
    const other = texts.findIndex((text) => text !== texts[0])
    if (other >= 0) reasons.push(`${key.slice(0, 8)}: ${differenceOf(readers[0], readers[other], key)}`)
  }
  return reasons
}

function differenceOf(one: Snapshot | undefined, other: Snapshot | undefined, key: string): string {
  const [a, b] = [one, other].map((snapshot) => (snapshot?.conversations.get(key) ?? []).map(({ text }) => text))
  return `${one?.name} reads ${a?.join(' ')}, ${other?.name} reads ${b?.join(' ')}`
}

/** Nothing has confirmed what is known. */
const harmlessCodes: ReadonlySet<string> = new Set(['not-fresh'])

/** Nobody who is honest is blamed by an alarm (`views-differ` names the other who was deceived); where nobody attacks there is none. `users`: the honest ones, by name. */
export function checkAlarms(snapshots: readonly Snapshot[], users: ReadonlyMap<string, UserId>, isPeaceful: boolean): readonly string[] {
  const honest = new Set(users.values())
  return snapshots.flatMap(({ name, alarms }) =>
    alarms
      .filter(({ code, user }) => (user && honest.has(user) && code !== 'views-differ') || (isPeaceful && !harmlessCodes.has(code)))
      .map(({ code, user }) => `${name} has the alarm ${code} ${user ? `about ${user.slice(0, 8)}` : ''} without cause`),
  )
}

export interface KeptQuestion {
  readonly snapshots: readonly Snapshot[]
  readonly sent: Iterable<Sent>
  /** By name, of those who are members to the end. */
  readonly users: ReadonlyMap<string, UserId>
  /** As `Ledger.erased`. */
  readonly erased?: ReadonlyMap<string, boolean>
}

/** Every message whose `send` resolved at someone who stayed is there exactly once at each reader; none is there twice. */
export function checkKept({ snapshots, sent, users, erased }: KeptQuestion): readonly string[] {
  const reasons: string[] = []
  for (const { text, author, conversation, state, isLast } of sent) {
    const user = users.get(author)
    if (!user) continue
    if (isLast && state !== 'kept') reasons.push(`${author} cannot write when all is over: ${text} is ${state}`)
    const key = conversation.kind === 'channel' ? conversation.prefix : pairOf(user, conversation.user)
    for (const { name, conversations } of snapshots) {
      const shown = conversations.get(key)
      const count = shown?.filter((message) => message.text === text).length ?? 0
      if (count > 1) reasons.push(`${name} reads ${text} ${count} times`)
      if (shown && count === 0 && state === 'kept' && !erased?.has(text))
        reasons.push(`${name} does not read ${text}, which ${author} was told is kept`)
    }
  }
  return reasons
}

/** What the relay acknowledged or sent as ordered is in its log. */
export async function checkRelayKept(log: RelayLog, promises: RelayPromises): Promise<readonly string[]> {
  const reasons: string[] = []
  const held = new Map<string, Set<string>>()
  for (const { topic, bytes } of promises.envelopes) {
    const rows = held.get(topic) ?? new Set((await log.read(topic as never, 0, maxRows)).map((row) => bodyOf(row.bytes)))
    held.set(topic, rows)
    if (!rows.has(bodyOf(bytes)) && !(await isErasedAt(log, topic as TopicId, bytes)))
      reasons.push(`the relay lost an envelope of topic ${topic.slice(0, 8)} that it had acknowledged`)
  }
  for (const { scope, pos, bytes } of promises.entries) {
    const [row] = await log.readScope(scope, pos, 1)
    if (!row || toHex(row.record) !== bytes) reasons.push(`the relay lost entry ${pos} that it had sent as ordered`)
  }
  return reasons
}

const maxRows = 10_000

/** What is left of it is there. */
async function isErasedAt(log: RelayLog, topic: TopicId, envelope: string): Promise<boolean> {
  const form = decodeEnvelope(parseHex(envelope) ?? emptyBytes)
  if (!form.ok) return false
  const { deviceIndex, seq } = form.value.header
  const rows = await log.read(topic, 0, maxRows)
  return rows.some((row) => row.deviceSeq === seq && row.device.startsWith(deviceIndex) && isErasedForm(row.bytes))
}

export interface RightsQuestion {
  readonly audit: Audit
  readonly snapshots: readonly Snapshot[]
  readonly promises: RelayPromises
  /** By name, those who are members to the end. */
  readonly present: ReadonlyMap<string, UserId>
  /** As `Ledger.erased`. */
  readonly erased?: ReadonlyMap<string, boolean>
  /** Of what they write no promise holds but that nothing unauthorised is shown. */
  readonly traitors?: ReadonlySet<UserId>
}

/** What is shown is what stands; what is stored was signed by whom it names, and at the relay not after the author's cut. */
export function checkRights(question: RightsQuestion): { unauthorised: string[]; divergent: string[] } {
  const { audit, snapshots, promises, present, traitors = new Set(), erased = new Map() } = question
  const unauthorised: string[] = []
  const divergent: string[] = []
  for (const pos of audit.rights.unlawful) unauthorised.push(`entry ${pos} stands in the log, and its author had no right`)
  const held = heldIn(audit, present)
  for (const envelope of held) {
    const place = `${envelope.device.slice(0, 8)}/${envelope.seq} of topic ${envelope.topic.slice(0, 8)}`
    if (!envelope.authentic) unauthorised.push(`${[...envelope.where].join(' ')} holds ${place}, which its device has not signed so`)
    if (!envelope.rightful) unauthorised.push(`${[...envelope.where].join(' ')} holds ${place}, whose author had no right`)
    if (isLateAtRelay(audit, envelope, promises)) unauthorised.push(`the relay took ${place} after its author was removed`)
  }
  const honest = held.filter(({ user }) => !traitors.has(user))
  for (const { texts, where } of honest)
    for (const text of texts) if (erased.get(text)) unauthorised.push(`${[...where].join(' ')} holds ${text}, which was erased`)
  divergent.push(...forksIn(honest), ...unsentIn(audit, honest, present))
  for (const { name, directory, conversations } of snapshots) {
    for (const line of directory) if (line.includes(evilMark)) unauthorised.push(`${name} reads ${line} in the directory`)
    for (const [key, shown] of conversations) {
      for (const { text } of shown) if (erased.get(text)) unauthorised.push(`${name} shows ${text}, which was erased`)
      const verdict = compareShown({ held, honest }, key, shown)
      for (const text of verdict.extra) unauthorised.push(`${name} shows ${text}, which nothing that stands holds`)
      for (const text of verdict.missing) if (!erased.has(text)) divergent.push(`${name} does not show ${text}, which stands`)
    }
  }
  return { unauthorised, divergent }
}

interface Held {
  readonly held: readonly AuditedEnvelope[]
  readonly honest: readonly AuditedEnvelope[]
}

function compareShown({ held, honest }: Held, key: string, shown: readonly Shown[]): { extra: string[]; missing: string[] } {
  const isPair = key.includes(' ')
  const standing = new Set(held.filter(({ stands, rightful, authentic }) => stands && rightful && authentic).flatMap(({ texts }) => texts))
  const texts = new Set(shown.map(({ text }) => text))
  const here = honest.filter((envelope) => !isPair && prefixOf(envelope.topic) === key && envelope.stands)
  return {
    // A tombstone has no text.
    extra: [...texts].filter((text) => (text !== '' && !standing.has(text)) || text.includes(evilMark)),
    missing: here.flatMap((envelope) => envelope.texts).filter((text) => !texts.has(text) && !text.includes(evilMark)),
  }
}

/** What is on a disk that counts. */
function heldIn({ envelopes }: Audit, present: ReadonlyMap<string, UserId>): readonly AuditedEnvelope[] {
  return envelopes.filter(({ where }) => [...where].some((place) => place === 'relay' || present.has(place)))
}

/**
 * What was written after somebody parted is sealed under keys that they do not have, what was written after a device was revoked under
 * keys that are not on it. `everybody`: whose each disk is; `devices`: and which device.
 */
export function checkSealed(
  { audit, present }: Pick<RightsQuestion, 'audit' | 'present'>,
  everybody: ReadonlyMap<string, UserId>,
  devices: ReadonlyMap<string, DeviceId> = new Map(),
): readonly string[] {
  const { rights, opened } = audit
  const envelopes = heldIn(audit, present)
  return [...everybody].flatMap(([name, user]) => {
    const device = devices.get(name)
    const revokedAt = device === undefined ? null : rights.revokedAt(device)
    const partedAt = revokedAt ?? rights.partedAt(user)
    const isGone = partedAt !== null && (revokedAt !== null || rights.roleAt(user, Number.MAX_SAFE_INTEGER) === 0)
    const open = envelopes.find(
      (one) =>
        isGone &&
        !one.direct &&
        (revokedAt === null ? one.user !== user : one.device !== device) &&
        one.pos >= partedAt &&
        opened.get(name)?.has(one.epoch),
    )
    return open ? [`${name}, who parted at ${partedAt}, can open what was written at ${open.pos}`] : []
  })
}

/** Whether the relay was given it only after it had ordered the cut that voids it. */
function isLateAtRelay({ rights }: Audit, envelope: AuditedEnvelope, { appendedAtMs, orderedAtMs }: RelayPromises): boolean {
  const partedAt = rights.revokedAt(envelope.device) ?? rights.partedAt(envelope.user)
  if (envelope.direct || envelope.stands || partedAt === null || !envelope.where.has('relay')) return false
  const givenMs = appendedAtMs.get(`${envelope.topic}/${envelope.id}`) ?? 0
  return givenMs > (orderedAtMs.get(partedAt) ?? Number.POSITIVE_INFINITY)
}

/** Of what stands, all that some reader besides its author may see is at the relay when everything has come to rest. */
function unsentIn({ directs }: Audit, held: readonly AuditedEnvelope[], present: ReadonlyMap<string, UserId>): readonly string[] {
  const users = new Set(present.values())
  // Whether its content must be gone there, too, is asked by its text.
  const there = new Set(held.filter(({ where }) => where.has('relay')).map(({ topic, id }) => `${topic}/${id}`))
  return held.flatMap(({ topic, id, stands, where, device, seq, isErased }) => {
    if (isErased && there.has(`${topic}/${id}`)) return []
    const isAlive = directs.get(topic)?.every((user) => users.has(user)) ?? true
    const place = `${device.slice(0, 8)}/${seq} of topic ${topic.slice(0, 8)}`
    return isAlive && stands && !where.has('relay') ? [`the relay lacks ${place}, which ${[...where].join(' ')} holds`] : []
  })
}

/** Honest devices never write two envelopes for one place. */
function forksIn(envelopes: readonly AuditedEnvelope[]): readonly string[] {
  const ids = new Map<string, string>()
  const forks: string[] = []
  for (const { topic, device, seq, id } of envelopes) {
    const place = `${topic}/${device}/${seq}`
    if ((ids.get(place) ?? id) !== id) forks.push(`two envelopes have the place ${device.slice(0, 8)}/${seq}`)
    ids.set(place, id)
  }
  return forks
}
