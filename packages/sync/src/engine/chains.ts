/** What one topic's log is known to hold, chain by chain, and how far each chain has been handed over. */
import { LeanMap } from '@poruch/base'
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { ErasedContent } from '../envelope/erased.ts'
import type { Inner } from '../envelope/inner.ts'
import type { ChainIndex } from '../envelope/standing.ts'
import { rowPageSize } from '../limits.ts'
import type { PackContent } from '../compaction/pack-body.ts'
import { makeShelf } from '../compaction/shelf.ts'
import type { Shelf } from '../compaction/shelf.ts'
import type { Head, LogRow } from '../ports.ts'
import type { Core } from './core.ts'
import { makeForks } from './forks.ts'
import type { Forks } from './forks.ts'

/** One envelope that has had its turn. */
export interface Step {
  /** What it counts for in others' lamports: its own when it keeps the rule, else that of the one before. */
  readonly lamport: number
  readonly isVoid: boolean
  readonly isRefused: boolean
  /** Its content was erased: what builds on it is bound loosely, for nobody can check any more what it built on. */
  readonly isErased: boolean
}

export type EraseProof = Pick<ErasedContent, 'erasePrev' | 'erase'>

/** A stored row, or one out of a pack. */
export type ChainRow = LogRow & { readonly content?: PackContent }

/** Why the next envelope of a chain cannot have its turn yet. */
export type Blocked = { readonly on: 'key' } | { readonly on: 'dep'; readonly device: DeviceId; readonly seq: number }

export interface Chain {
  readonly device: DeviceId
  /** The last one stored. */
  head: Head
  /** By seq − 1. */
  steps: Step[]
  /** How many of the steps are void. */
  voids: number
  /** Rows read ahead, from `steps.length + 1` on. */
  page: ChainRow[]
  blocked: Blocked | null
  /** Seqs not held that a cut names: when one arrives, the standing of what is before it is judged again. */
  awaits: ReadonlySet<number>
}

export const nothingAwaited: ReadonlySet<number> = new Set()

export interface Chains extends ChainIndex {
  readonly all: ReadonlyMap<DeviceId, Chain>
  /** Per device the highest seq that this device's own envelopes name as deps. */
  readonly covered: LeanMap<DeviceId, number>
  /** Inner parts opened on arrival, until their envelopes have their turn; at most `maxInnersKept`. */
  readonly inners: LeanMap<EnvelopeId, Inner>
  /** By what right an envelope is erased, where an Erase has had its turn; also where its content is still in a pack. */
  readonly erased: LeanMap<EnvelopeId, EraseProof>
  /** Those of them whose content packs here may hold. */
  readonly erasedPacked: LeanMap<EnvelopeId, true>
  /** What is kept beside the chains. */
  readonly forks: Forks
  /** Takes note of what other tabs have appended; true when a chain is another branch now, so that all turns are forgotten. */
  refresh(): Promise<boolean>
  /** Takes note of an append. */
  grew(head: Head): void
  /** True when every chain has had all its turns. */
  isRead(): boolean
  /** True when an envelope is here that a cut names and that was missing when standing was judged. */
  isAwaitedHere(): boolean
  readonly shelf: Shelf
  /** What packs hold is read again when it is asked for. */
  forgetPacks(): void
  /** Rows that follow one another from `fromSeq` on, stored or out of packs: at least one, where the chain is held so far. */
  rows(device: DeviceId, fromSeq: number, limit: number): Promise<readonly ChainRow[]>
  /** Rows from `fromSeq` up to `toSeq`, in order, as far as they can be read. */
  upTo(device: DeviceId, fromSeq: number, toSeq: number): AsyncIterable<ChainRow>
  /** The next row of a chain that has not had its turn, or null. */
  front(chain: Chain): Promise<ChainRow | null>
  /** True when a chain has become another branch since the last hand-over from the start. */
  isAnew(): boolean
  /** Something that was handed over is erased. */
  markStale(): void
  /** True until all is handed over again. */
  isStale(): boolean
  /** Forgets all turns, so that everything is handed over again. */
  restart(): void
}

export function makeChains(core: Core, topic: TopicId): Chains {
  return new TopicChains(core, topic)
}

/** A class, and what a quiet chat never asks for made when it is: of a thousand chats the closures took more than the chains. */
class TopicChains implements Chains {
  readonly all = new Map<DeviceId, Chain>()
  readonly covered = new LeanMap<DeviceId, number>()
  readonly inners = new LeanMap<EnvelopeId, Inner>()
  readonly erased = new LeanMap<EnvelopeId, EraseProof>()
  readonly erasedPacked = new LeanMap<EnvelopeId, true>()
  readonly forks: Forks
  readonly #core: Core
  readonly #topic: TopicId
  #shelf: Shelf | null = null
  #isAnew = false
  #isStale = false

  constructor(core: Core, topic: TopicId) {
    this.#core = core
    this.#topic = topic
    this.forks = makeForks(core, topic)
  }

  get shelf(): Shelf {
    return (this.#shelf ??= makeShelf(this.#core, this.#topic))
  }

  forgetPacks(): void {
    this.#shelf?.forget()
    if (this.#shelf?.isEmpty()) this.#shelf = null
  }

  async at(device: DeviceId, seq: number): Promise<{ id: EnvelopeId; pos: number } | null> {
    const head = this.all.get(device)?.head
    if (!head || seq > head.seq || seq < 1) return null
    if (seq === head.seq) return head
    const [row] = await this.#core.store.read(this.#topic, device, seq, 1)
    return row?.seq === seq ? row : this.shelf.at(device, seq)
  }

  beside(device: DeviceId, seq: number): readonly LogRow[] {
    return this.forks.at(device, seq)
  }

  async rows(device: DeviceId, fromSeq: number, limit: number): Promise<readonly ChainRow[]> {
    const stored = followed(await this.#core.store.read(this.#topic, device, fromSeq, limit), fromSeq)
    return stored.length > 0 ? stored : this.shelf.read(device, fromSeq, limit)
  }

  async *upTo(device: DeviceId, fromSeq: number, toSeq: number): AsyncIterable<ChainRow> {
    for (let seq = fromSeq; seq <= toSeq;) {
      const page = await this.rows(device, seq, Math.min(rowPageSize, toSeq + 1 - seq))
      if (page.length === 0) return
      yield* page
      seq += page.length
    }
  }

  async refresh(): Promise<boolean> {
    let hasBranched = false
    for (const head of await this.#core.store.heads(this.#topic)) {
      const chain = this.all.get(head.device)
      if (chain && (await this.#isReplaced(chain, head))) {
        chain.head = head
        hasBranched = true
      } else this.grew(head)
    }
    if (!hasBranched) return false
    await this.forks.load()
    this.restart()
    this.#isAnew = true
    return true
  }

  grew(head: Head): void {
    const chain = this.all.get(head.device)
    if (!chain)
      this.all.set(head.device, { device: head.device, head, steps: [], voids: 0, page: [], blocked: null, awaits: nothingAwaited })
    else if (head.seq > chain.head.seq) chain.head = head
  }

  /** Another tab may have put another branch in the place of the one that was read. */
  async #isReplaced(chain: Chain, head: Head): Promise<boolean> {
    if (head.id === chain.head.id) return false
    if (head.seq <= chain.head.seq) return true
    const [row] = await this.#core.store.read(this.#topic, head.device, chain.head.seq, 1)
    // What packs stand for is no longer there, and no other branch.
    return row?.seq === chain.head.seq && row.id !== chain.head.id
  }

  isRead(): boolean {
    return [...this.all.values()].every(({ head, steps }) => steps.length >= head.seq)
  }

  isAwaitedHere(): boolean {
    return [...this.all.values()].some(({ head, awaits }) => awaits.size > 0 && [...awaits].some((seq) => seq <= head.seq))
  }

  async front(chain: Chain): Promise<ChainRow | null> {
    if (chain.steps.length >= chain.head.seq) return null
    if (chain.page.length === 0) chain.page = [...(await this.rows(chain.device, chain.steps.length + 1, rowPageSize))]
    return chain.page[0] ?? null
  }

  isAnew(): boolean {
    return this.#isAnew
  }

  markStale(): void {
    this.#isStale = true
  }

  isStale(): boolean {
    return this.#isStale
  }

  restart(): void {
    this.#isAnew = false
    this.#isStale = false
    this.covered.clear()
    for (const chain of this.all.values())
      Object.assign(chain, { steps: [], voids: 0, page: [], blocked: null, awaits: nothingAwaited } satisfies Partial<Chain>)
  }
}

/** Those that follow one another from `fromSeq` on. */
export function followed<Row extends { readonly seq: number }>(rows: readonly Row[], fromSeq: number): readonly Row[] {
  const end = rows.findIndex((row, index) => row.seq !== fromSeq + index)
  return end < 0 ? rows : rows.slice(0, end)
}
