/** The branches beside the chains of one topic: what a device signed twice, kept as evidence, and so that another branch may still stand. */
import { concatBytes, encodeUtf8, LeanMap, parseUtf8 } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, EnvelopeId, EpochId, TopicId } from '@poruch/base'
import { decodeFrame, encodeFrame } from '../frame/codec.ts'
import { prevToHex } from '../frame/prev.ts'
import type { FrameOf } from '../frame/layouts.ts'
import { maxForkRows } from '../limits.ts'
import type { LogRow } from '../ports.ts'
import type { Core } from './core.ts'

/** An envelope beside the chain, with the context that its hints stand for. */
export interface Fork {
  readonly row: LogRow
  readonly head: EntryId
  readonly epoch: EpochId
}

export interface Forks {
  /** Reads what is on the disk. */
  load(): Promise<void>
  all(): readonly Fork[]
  byId(id: EnvelopeId): Fork | null
  at(device: DeviceId, seq: number): readonly LogRow[]
  /** The first seq for which the device has signed two envelopes; null for an honest one. */
  from(device: DeviceId): number | null
  /** Devices of which something new is kept, until the topic has told of them. */
  readonly news: LeanMap<DeviceId, true>
  /** Durable when it resolves. Over the bound the furthest from their fork go first: the fork itself is the evidence. */
  keep(forks: readonly Fork[]): Promise<void>
  /** Puts what is left of one in its place. */
  erase(row: LogRow): Promise<void>
  drop(id: EnvelopeId): Promise<void>
}

/** One collection per topic, named once in this one. */
const forkedTopics = 'forked'

export function makeForks(core: Core, topic: TopicId): Forks {
  return new TopicForks(core, topic)
}

/** A class, for there are as many as chats, and nearly all are empty for ever. */
class TopicForks implements Forks {
  readonly news = new LeanMap<DeviceId, true>()
  readonly #store: Core['store']
  readonly #topic: TopicId
  readonly #kept = new LeanMap<EnvelopeId, Fork>()

  constructor({ store }: Core, topic: TopicId) {
    this.#store = store
    this.#topic = topic
  }

  async load(): Promise<void> {
    if (!(await this.#store.getRecord(forkedTopics, this.#topic))) return
    const records = await this.#store.listRecords(this.#collection)
    this.#replace(records.flatMap(({ value }) => decodeFork(value) ?? []))
  }

  all(): readonly Fork[] {
    return [...this.#kept.values()]
  }

  byId(id: EnvelopeId): Fork | null {
    return this.#kept.get(id) ?? null
  }

  at(device: DeviceId, seq: number): readonly LogRow[] {
    return this.all().flatMap(({ row }) => (row.device === device && row.seq === seq ? [row] : []))
  }

  from(device: DeviceId): number | null {
    let first: number | null = null
    for (const { row } of this.#kept.values()) if (row.device === device && (first === null || row.seq < first)) first = row.seq
    return first
  }

  async keep(forks: readonly Fork[]): Promise<void> {
    const isNew = ({ row }: Fork): boolean => !this.#kept.has(row.id)
    const next = [...this.all(), ...forks.filter(isNew)].toSorted((a, b) => a.row.seq - b.row.seq)
    const gone = next.splice(maxForkRows).filter((fork) => !isNew(fork))
    await this.#write([
      ...next.filter(isNew).map((fork) => ({ key: fork.row.id, value: encodeFork(this.#topic, fork) })),
      ...gone.map(({ row }) => ({ key: row.id, value: null })),
    ])
    this.#replace(next)
  }

  async erase(row: LogRow): Promise<void> {
    const fork = this.#kept.get(row.id)
    if (!fork) return
    await this.#write([{ key: row.id, value: encodeFork(this.#topic, { ...fork, row }) }])
    this.#kept.set(row.id, { ...fork, row })
  }

  async drop(id: EnvelopeId): Promise<void> {
    if (!this.#kept.has(id)) return
    await this.#write([{ key: id, value: null }])
    this.#kept.delete(id)
  }

  get #collection(): string {
    return `${forkedTopics}/${this.#topic}`
  }

  #replace(forks: readonly Fork[]): void {
    this.#kept.clear()
    for (const fork of forks) this.#kept.set(fork.row.id, fork)
  }

  async #write(writes: readonly { readonly key: string; readonly value: Bytes | null }[]): Promise<void> {
    const mark = { collection: forkedTopics, key: this.#topic, value: Uint8Array.of(1) }
    await this.#store.putRecords([mark, ...writes.map((each) => ({ collection: this.#collection, ...each }))])
  }
}

/** As it is sent. */
export function frameOfFork(topic: TopicId, { row, head, epoch }: Fork): FrameOf<'CTX'> {
  return { type: 'CTX', topic, prev: prevToHex(row.prev), head, epoch, envelope: row.bytes }
}

/** The row without its bytes as JSON, then the frame that it is sent as. */
function encodeFork(topic: TopicId, fork: Fork): Bytes {
  const { bytes: _, ...rest } = fork.row
  const text = encodeUtf8(JSON.stringify(rest))
  return concatBytes(Uint8Array.of(text.length >> 8, text.length & 0xff), text, encodeFrame(frameOfFork(topic, fork)))
}

/** Own data: null only for what a later version has written. */
function decodeFork(value: Bytes): Fork | null {
  const length = ((value[0] ?? 0) << 8) | (value[1] ?? 0)
  const rest = JSON.parse(parseUtf8(value.subarray(2, 2 + length)) ?? '') as Omit<LogRow, 'bytes'>
  const frame = decodeFrame(value.subarray(2 + length))
  if (!frame.ok || frame.value.type !== 'CTX') return null
  return { row: { ...rest, bytes: frame.value.envelope }, head: frame.value.head, epoch: frame.value.epoch }
}
