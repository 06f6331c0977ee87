/** Who is here and who is typing: signs that are told, believed for a moment, and kept nowhere. */
import { parseId } from '@poruch/base'
import type { Bytes, Clock, DeviceId, TopicId, UserId } from '@poruch/base'
import type { HeardBeacon, Sync } from '@poruch/sync'
import type { TabsPort } from './ports.ts'

export interface Signs {
  /** Whether one of this person's devices was heard of lately and did not say goodbye. */
  isHere(user: UserId): boolean
  /** Who is typing there now, in the order in which they began. */
  typing(topic: TopicId): readonly UserId[]
  /** To be called with each change of what is typed: others are told at the first one, and then again before they forget. */
  type(topic: TopicId, isTyping: boolean): void
  /** An ephemeral message of a conversation. */
  take(topic: TopicId, from: { readonly user: UserId }, body: Bytes): void
  /** A beacon of the workspace. */
  hear(beacon: Pick<HeardBeacon, 'device' | 'user' | 'isLeaving'>): void
  close(): void
}

export interface SignsOptions {
  readonly clock: Clock
  readonly sync: Pick<Sync, 'ephemeral'>
  readonly tabs: TabsPort | null
  isLeading(): boolean
  /** From one beacon of a device to its next, by chance a fifth more. */
  periodMs(): number
  /** `topics`: null when who is here has changed. */
  onChange(topic: TopicId | null): void
}

/** Of the time between two beacons: they come a fifth later at most, and whoever missed two is not here. */
const herePeriods = 2.5
/** Somebody who types says so again within this time. */
export const typingAgainMs = 4000
/** And is believed so long. */
export const typingForMs = 9000
/** Of one conversation; nobody reads more names. */
const maxTyping = 16
/** Conversations in which somebody types at once. */
const maxTypingTopics = 256
/** Devices heard of. */
const maxHere = 4096

/** Bodies as in docs/PROTOCOL.md, "Envelope". */
const typingBody: Bytes = new Uint8Array([1])
const stoppedBody: Bytes = new Uint8Array([2])

interface Here {
  readonly user: UserId
  readonly untilMs: number
}

/** What the tab with the network tells the others, and they ask of it. */
type TabMessage =
  | { readonly kind: 'signs'; readonly here: readonly UserId[]; readonly typing: readonly (readonly [TopicId, readonly UserId[]])[] }
  | { readonly kind: 'type'; readonly topic: TopicId; readonly isTyping: boolean }

export function makeSigns(options: SignsOptions): Signs {
  const { clock, tabs } = options
  const here = new Map<string, Here>()
  const typing = new Map<TopicId, Map<UserId, number>>()
  const told = new Map<TopicId, number>()
  /** What cancels the end of each. */
  const expiries = new Map<DeviceId, () => void>()
  let isClosed = false
  const hereForMs = (): number => herePeriods * options.periodMs()
  const typingIn = (topic: TopicId): readonly UserId[] =>
    [...(typing.get(topic) ?? [])].flatMap(([user, untilMs]) => (untilMs > clock.now() ? [user] : []))
  const hereNow = (): readonly UserId[] => [...here.values()].flatMap(({ user, untilMs }) => (untilMs > clock.now() ? [user] : []))
  const share = (): void => {
    if (!options.isLeading()) return
    tabs?.post({ kind: 'signs', here: hereNow(), typing: [...typing.keys()].map((topic) => [topic, typingIn(topic)]) } satisfies TabMessage)
  }
  const changed = (topic: TopicId | null): void => {
    if (isClosed) return
    options.onChange(topic)
    share()
  }
  const note = (topic: TopicId, user: UserId, untilMs: number): void => {
    const users = typing.get(topic) ?? new Map<UserId, number>()
    for (const [one, lateMs] of users) if (lateMs <= clock.now()) users.delete(one)
    if (!users.has(user) && users.size >= maxTyping) return
    users.set(user, untilMs)
    if (typing.size >= maxTypingTopics && !typing.has(topic)) typing.delete([...typing.keys()][0] ?? topic)
    typing.set(topic, users)
    clock.after(untilMs - clock.now() + 1, () => changed(topic))
  }
  const send = (topic: TopicId, isTyping: boolean): void => {
    const now = clock.now()
    const last = told.get(topic)
    if (isTyping ? last !== undefined && now - last < typingAgainMs : last === undefined) return
    if (isTyping) told.set(topic, now)
    else told.delete(topic)
    // Without a key, a right or a network nobody is told, and nothing is lost.
    options.sync.ephemeral(topic, isTyping ? typingBody : stoppedBody).catch(() => undefined)
  }
  const stop = tabs?.onMessage((message) => {
    const read = parseTabMessage(message)
    if (read?.kind === 'type' && options.isLeading()) send(read.topic, read.isTyping)
    if (read?.kind !== 'signs' || options.isLeading()) return
    here.clear()
    for (const user of read.here) here.set(user, { user, untilMs: clock.now() + hereForMs() })
    for (const [topic, users] of read.typing) {
      typing.delete(topic)
      for (const user of users) note(topic, user, clock.now() + typingForMs)
      options.onChange(topic)
    }
    options.onChange(null)
  })
  return {
    isHere: (user) => hereNow().includes(user),
    typing: typingIn,
    type: (topic, isTyping) => {
      if (options.isLeading()) send(topic, isTyping)
      else tabs?.post({ kind: 'type', topic, isTyping } satisfies TabMessage)
    },
    take: (topic, { user }, body) => {
      if (body.length !== 1 || isClosed) return
      if (body[0] === typingBody[0]) note(topic, user, clock.now() + typingForMs)
      else if (body[0] === stoppedBody[0]) typing.get(topic)?.delete(user)
      else return
      changed(topic)
    },
    hear: ({ device, user, isLeaving }) => {
      const wasHere = hereNow().includes(user)
      if (isLeaving) here.delete(device)
      else if (here.has(device) || here.size < maxHere) {
        here.set(device, { user, untilMs: clock.now() + hereForMs() })
        expireLater(device)
      }
      if (wasHere !== hereNow().includes(user)) changed(null)
      else share()
    },
    close: () => {
      isClosed = true
      for (const cancel of expiries.values()) cancel()
      stop?.()
    },
  }

  function expireLater(device: DeviceId): void {
    expiries.get(device)?.()
    const cancel = clock.after(hereForMs() + 1, () => {
      expiries.delete(device)
      const at = here.get(device)
      if (!at || at.untilMs > clock.now()) return
      here.delete(device)
      changed(null)
    })
    expiries.set(device, cancel)
  }
}

/** From another tab of this origin: of this version or of another. */
function parseTabMessage(message: unknown): TabMessage | null {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return null
  const { kind, here, typing, topic, isTyping } = message as Partial<Record<string, unknown>>
  const users = (list: unknown): UserId[] => (Array.isArray(list) ? list.flatMap((id: unknown) => parseId<'user'>(id) ?? []) : [])
  if (kind === 'type') {
    const id = parseId<'topic'>(topic)
    return id && typeof isTyping === 'boolean' ? { kind, topic: id, isTyping } : null
  }
  if (kind !== 'signs' || !Array.isArray(typing)) return null
  const entries = typing.slice(0, maxTypingTopics).flatMap((entry: unknown): [TopicId, UserId[]][] => {
    const id = Array.isArray(entry) ? parseId<'topic'>(entry[0]) : null
    return id ? [[id, users((entry as unknown[])[1])]] : []
  })
  return { kind, here: users(here), typing: entries }
}
