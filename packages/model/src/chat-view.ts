/** A chat's messages as they are shown: in order, with the newest text of each. */
import { LeanMap } from '@poruch/base'
import type { DeviceId, UserId } from '@poruch/base'
import type * as Y from 'yjs'
import type { ChatTuple } from './chat-tuples.ts'
import { chatKinds, parseChatTuple, parseMessageId } from './chat-tuples.ts'
import type { DocView, Projection } from './doc-view.ts'
import { makeDocView } from './doc-view.ts'
import { makeTupleCursor } from './new-tuples.ts'
import type { TupleCursor } from './new-tuples.ts'

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
  return makeDocView(doc, new ChatProjection(doc, reader))
}

class ChatProjection implements Projection<readonly ChatMessage[]> {
  readonly #cursor: TupleCursor
  readonly #reader: ChatReader
  readonly #changesOf = new LeanMap<string, Change[]>()
  #messages: readonly ChatMessage[] = []
  readonly #index = new MessageIndex()

  constructor(doc: Y.Doc, reader: ChatReader) {
    this.#cursor = makeTupleCursor(doc)
    this.#reader = reader
  }

  sync(): boolean {
    const { restart, tuples } = this.#cursor.next()
    if (tuples.length === 0 && !restart) return false
    if (restart) this.#clear()
    const changed = new Set<string>()
    const shown = this.#messages
    this.#index.begin(shown)
    const added = tuples.flatMap(({ device, value }) => this.#takeIn(device, value, changed) ?? [])
    if ([...changed].some((id) => this.#index.has(id)))
      this.#messages = shown.map((message) => (changed.has(message.id) ? this.#present(message) : message))
    if (added.length > 0)
      this.#messages = merged(
        this.#messages,
        added.map((message) => this.#present(message)),
      )
    this.#index.settle()
    return this.#messages !== shown || restart
  }

  reset(): void {
    this.#cursor.reset()
    this.#clear()
  }

  value(): readonly ChatMessage[] {
    return this.#messages
  }

  #clear(): void {
    this.#changesOf.clear()
    this.#messages = []
    this.#index.clear()
  }

  /** Null where the tuple is no new message. */
  #takeIn(device: DeviceId, value: unknown, changed: Set<string>): ChatMessage | null {
    const tuple = parseChatTuple(value, device)
    if (tuple?.[0] === chatKinds.message) {
      const message = new WrittenMessage(device, tuple)
      return this.#index.add(message) ? message : null
    }
    if (!tuple) return null
    const earlier = this.#changesOf.get(tuple[2])
    if (earlier) earlier.push(tuple)
    else this.#changesOf.set(tuple[2], [tuple])
    changed.add(tuple[2])
    return null
  }

  #present(message: ChatMessage): ChatMessage {
    const changes = this.#changesOf.get(message.id)
    return changes ? withChanges(message, changes, this.#reader) : message
  }
}

/**
 * Which messages are known already. Devices number their messages upwards, so that a device's last number tells what is new, and the ids
 * need not be held once more beside the list. They are from the first message on that comes otherwise, or the first change.
 */
class MessageIndex {
  readonly #last = new LeanMap<DeviceId, number>()
  /** Those of the list, and of what was added since; only while tuples are taken in. */
  #known: readonly ChatMessage[] = []
  #fresh: ChatMessage[] = []
  #ids: Set<string> | null = null

  /** What is added now comes to these. */
  begin(listed: readonly ChatMessage[]): void {
    this.#known = listed
  }

  /** False when there is one of this id. */
  add(message: ChatMessage): boolean {
    const { id, device } = message
    const n = numberOf(message)
    const isNext = n > (this.#last.get(device) ?? -1)
    if (!isNext && this.has(id)) return false
    if (isNext) this.#last.set(device, n)
    if (this.#ids) this.#ids.add(id)
    else this.#fresh.push(message)
    return true
  }

  has(id: string): boolean {
    this.#ids ??= new Set([...this.#known, ...this.#fresh].map((message) => message.id))
    return this.#ids.has(id)
  }

  /** What was added is in the list by now. */
  settle(): void {
    this.#known = []
    this.#fresh = []
  }

  clear(): void {
    this.#last.clear()
    this.#ids = null
    this.settle()
  }
}

type Original = Extract<ChatTuple, readonly [0, ...unknown[]]>

/** A message as it was written, over the tuple that holds it already: an open chat has one for each. */
class WrittenMessage implements ChatMessage {
  readonly device: DeviceId
  readonly tuple: Original

  constructor(device: DeviceId, tuple: Original) {
    this.device = device
    this.tuple = tuple
  }

  get id(): string {
    return this.tuple[1]
  }

  get lamport(): number {
    return this.tuple[3]
  }

  get wallTime(): number {
    return this.tuple[4]
  }

  get text(): string {
    return this.tuple[5]
  }

  get edited(): boolean {
    return false
  }

  get deleted(): boolean {
    return false
  }
}

function withChanges(original: ChatMessage, changes: readonly Change[], reader: ChatReader): ChatMessage {
  const user = reader.userOf(original.device)
  let newest: Change | null = null
  for (const change of changes) {
    const device = deviceOf(change)
    if (device !== original.device && (user === null || reader.userOf(device) !== user)) continue
    if (change[0] === chatKinds.deletion) return changed(original, { text: '', deleted: true })
    if (newest === null || isAfter(change, newest)) newest = change
  }
  return newest?.[0] === chatKinds.edit ? changed(original, { text: newest[5], edited: true }) : original
}

function changed(
  { id, device, lamport, wallTime }: ChatMessage,
  by: { readonly text: string; readonly edited?: boolean; readonly deleted?: boolean },
): ChatMessage {
  return { id, device, lamport, wallTime, edited: false, deleted: false, ...by }
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
