/** What one topic's log is known to hold, chain by chain, and how far each chain has been handed over. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { Inner } from '../envelope/inner.ts'
import type { ChainIndex } from '../envelope/standing.ts'
import { rowPageSize } from '../limits.ts'
import type { Head, LogRow } from '../ports.ts'
import type { Core } from './core.ts'

/** One envelope that has had its turn. */
export interface Step {
  /** What it counts for in others' lamports: its own when it keeps the rule, else that of the one before. */
  readonly lamport: number
  readonly isVoid: boolean
  readonly isRefused: boolean
}

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
  page: LogRow[]
  blocked: Blocked | null
  /** Seqs not held that a cut names: when one arrives, the standing of what is before it is judged again. */
  awaits: Set<number>
}

export interface Chains extends ChainIndex {
  readonly all: ReadonlyMap<DeviceId, Chain>
  /** Per device the highest seq that this device's own envelopes name as deps. */
  readonly covered: Map<DeviceId, number>
  /** Inner parts opened on arrival, until their envelopes have their turn; at most `maxInnersKept`. */
  readonly inners: Map<EnvelopeId, Inner>
  /** Takes note of what other tabs have appended. */
  refresh(): Promise<void>
  /** Takes note of an append. */
  grew(head: Head): void
  /** True when an envelope is here that a cut names and that was missing when standing was judged. */
  isAwaitedHere(): boolean
  /** The next row of a chain that has not had its turn, or null. */
  front(chain: Chain): Promise<LogRow | null>
  /** Forgets all turns, so that everything is handed over again. */
  restart(): void
}

export function makeChains(core: Core, topic: TopicId): Chains {
  const all = new Map<DeviceId, Chain>()
  const covered = new Map<DeviceId, number>()
  const note = (head: Head): void => {
    const chain = all.get(head.device)
    if (!chain) {
      all.set(head.device, { device: head.device, head, steps: [], voids: 0, page: [], blocked: null, awaits: new Set() })
    } else if (head.seq > chain.head.seq) chain.head = head
  }
  const read = async (device: DeviceId, seq: number): Promise<{ id: EnvelopeId; pos: number } | null> => {
    const head = all.get(device)?.head
    if (!head || seq > head.seq || seq < 1) return null
    if (seq === head.seq) return head
    const [row] = await core.store.read(topic, device, seq, 1)
    return row ?? null
  }
  return {
    all,
    covered,
    inners: new Map(),
    at: read,
    refresh: async () => {
      for (const head of await core.store.heads(topic)) note(head)
    },
    grew: note,
    isAwaitedHere: () => [...all.values()].some(({ head, awaits }) => awaits.size > 0 && [...awaits].some((seq) => seq <= head.seq)),
    front: async (chain) => {
      if (chain.steps.length >= chain.head.seq) return null
      if (chain.page.length === 0) chain.page = [...(await core.store.read(topic, chain.device, chain.steps.length + 1, rowPageSize))]
      return chain.page[0] ?? null
    },
    restart: () => {
      covered.clear()
      for (const chain of all.values()) Object.assign(chain, { steps: [], voids: 0, page: [], blocked: null, awaits: new Set() })
    },
  }
}
