/** A chat's messages as they are shown: in order, with the newest text of each. */
import type { DeviceId, UserId } from '@poruch/base'
import type * as Y from 'yjs'
import type { ChatTuple } from './chat-tuples.ts'
import { chatKinds, parseChatTuple, parseMessageId } from './chat-tuples.ts'
import type { DocView, Projection } from './doc-view.ts'
import { makeDocView } from './doc-view.ts'
import { makeTupleCursor } from './new-tuples.ts'

export interface ChatMessage {
  readonly id: string
  readonly device: DeviceId
  /** With the device the only order; a clock never orders. */
  readonly lamport: number
  /** The author's clock in milliseconds. */
  readonly wallTime: number
  /** Empty once deleted. */
  readonly text: string
  readonly edited: boolean
  readonly deleted: boolean
}

export interface ChatReader {
  /** Whose device this is, or null if that is not known (yet); only the same user's edits and deletions count. */
  userOf(device: DeviceId): UserId | null
}

/** New messages up to which each is put in its place; above, the whole list is sorted once. */
const insertMax = 32

type Change = Extract<ChatTuple, readonly [1 | 2, ...unknown[]]>

/**
 * The messages in order of (lamport, device, the device's own number), deleted ones among them as empty ones. A function of what the
 * document holds, whatever the order of its coming; what cannot be read is left out. Unchanged messages stay the same objects. A new
 * message at the end costs O(log n) and one copy of the list.
 */
export function messagesOf(doc: Y.Doc, reader: ChatReader): DocView<readonly ChatMessage[]> {
  return makeDocView(doc, makeChatProjection(doc, reader))
}

function makeChatProjection(doc: Y.Doc, reader: ChatReader): Projection<readonly ChatMessage[]> {
  const cursor = makeTupleCursor(doc)
  const changesOf = new Map<string, Change[]>()
  let messages: readonly ChatMessage[] = []
  let index = makeMessageIndex(() => messages)
  const clear = (): void => {
    changesOf.clear()
    messages = []
    index = makeMessageIndex(() => messages)
  }
  /** Null where the tuple is no new message. */
  const takeIn = (device: DeviceId, value: unknown, changed: Set<string>): ChatMessage | null => {
    const tuple = parseChatTuple(value, device)
    if (tuple?.[0] === chatKinds.message) {
      const message = originalOf(device, tuple)
      return index.add(message) ? message : null
    }
    if (!tuple) return null
    const earlier = changesOf.get(tuple[2])
    if (earlier) earlier.push(tuple)
    else changesOf.set(tuple[2], [tuple])
    changed.add(tuple[2])
    return null
  }
  const present = (message: ChatMessage): ChatMessage => {
    const changes = changesOf.get(message.id)
    return changes ? withChanges(message, changes, reader) : message
  }
  const sync = (): boolean => {
    const { restart, tuples } = cursor.next()
    if (tuples.length === 0 && !restart) return false
    if (restart) clear()
    const changed = new Set<string>()
    const shown = messages
    const added = tuples.flatMap(({ device, value }) => takeIn(device, value, changed) ?? [])
    if ([...changed].some((id) => index.has(id)))
      messages = messages.map((message) => (changed.has(message.id) ? present(message) : message))
    if (added.length > 0) messages = merged(messages, added.map(present))
    index.settle()
    return messages !== shown || restart
  }
  const reset = (): void => {
    cursor.reset()
    clear()
  }
  return { sync, reset, value: () => messages }
}

/** Which messages are known already. */
interface MessageIndex {
  /** False when there is one of this id. */
  add(message: ChatMessage): boolean
  has(id: string): boolean
  /** What was added is in the list by now. */
  settle(): void
}

/**
 * Devices number their messages upwards, so that a device's last number tells what is new, and the ids need not be held once more beside
 * the list. They are from the first message on that comes otherwise, or the first change.
 */
function makeMessageIndex(listed: () => readonly ChatMessage[]): MessageIndex {
  const last = new Map<DeviceId, number>()
  let fresh: ChatMessage[] = []
  let ids: Set<string> | null = null
  const all = (): Set<string> => {
    ids ??= new Set([...listed(), ...fresh].map(({ id }) => id))
    return ids
  }
  return {
    add: (message) => {
      const { id, device } = message
      const n = numberOf(message)
      const isNext = n > (last.get(device) ?? -1)
      if (!isNext && all().has(id)) return false
      if (isNext) last.set(device, n)
      if (ids) ids.add(id)
      else fresh.push(message)
      return true
    },
    has: (id) => all().has(id),
    settle: () => {
      fresh = []
    },
  }
}

function originalOf(device: DeviceId, [, id, , lamport, wallTime, text]: Extract<ChatTuple, readonly [0, ...unknown[]]>): ChatMessage {
  return { id, device, lamport, wallTime, text, edited: false, deleted: false }
}

function withChanges(original: ChatMessage, changes: readonly Change[], reader: ChatReader): ChatMessage {
  const user = reader.userOf(original.device)
  let newest: Change | null = null
  for (const change of changes) {
    const device = deviceOf(change)
    if (device !== original.device && (user === null || reader.userOf(device) !== user)) continue
    if (change[0] === chatKinds.deletion) return { ...original, text: '', deleted: true }
    if (newest === null || isAfter(change, newest)) newest = change
  }
  return newest?.[0] === chatKinds.edit ? { ...original, text: newest[5], edited: true } : original
}

/** A parsed tuple's id names its device. */
function deviceOf(tuple: ChatTuple): DeviceId {
  return tuple[1].slice(0, 64) as DeviceId
}

function isAfter(a: Change, b: Change): boolean {
  return compare({ lamport: a[3], device: deviceOf(a), id: a[1] }, { lamport: b[3], device: deviceOf(b), id: b[1] }) > 0
}

type Place = Pick<ChatMessage, 'lamport' | 'device' | 'id'>

function compare(a: Place, b: Place): number {
  if (a.lamport !== b.lamport) return a.lamport - b.lamport
  if (a.device !== b.device) return a.device < b.device ? -1 : 1
  return numberOf(a) - numberOf(b)
}

/** The device's own number in a message's id. */
function numberOf({ id }: Pick<Place, 'id'>): number {
  return parseMessageId(id)?.n ?? 0
}

function merged(sorted: readonly ChatMessage[], added: readonly ChatMessage[]): ChatMessage[] {
  if (added.length > insertMax) return [...sorted, ...added].toSorted(compare)
  const all = sorted.slice()
  for (const message of added) all.splice(placeOf(all, message), 0, message)
  return all
}

function placeOf(sorted: readonly ChatMessage[], message: ChatMessage): number {
  const last = sorted.at(-1)
  if (!last || compare(last, message) < 0) return sorted.length
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const at = sorted[middle]
    if (at && compare(at, message) < 0) low = middle + 1
    else high = middle
  }
  return low
}
