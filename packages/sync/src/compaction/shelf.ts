/** What the packs kept of a topic hold: rows for whatever the log itself has let go of. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { Core } from '../engine/core.ts'
import { isErasedForm } from '../envelope/header.ts'
import type { StoredPack } from '../ports.ts'
import { openPack } from './pack.ts'
import type { PackedRow } from './verify-pack.ts'

/** Places of one chain that follow one another. */
export interface Stretch {
  readonly device: DeviceId
  readonly from: number
  readonly to: number
  /** Of the last one. */
  readonly id: EnvelopeId
}

interface Step {
  readonly id: EnvelopeId
  readonly pos: number
}

export interface Shelf {
  /** Rows of one device that follow one another from `fromSeq` on, at most `limit`; none where no pack has the first. */
  read(device: DeviceId, fromSeq: number, limit: number): Promise<readonly PackedRow[]>
  /** What no row but a pack says of one place of a chain. */
  at(device: DeviceId, seq: number): Promise<Step | null>
  /** Per device, how far packs reach from the chain's start on without a hole. */
  reach(): Promise<ReadonlyMap<DeviceId, number>>
  /** The packs here, each after the one that it follows; also what is left of those that gave their place to others. */
  packs(): Promise<readonly StoredPack[]>
  /** The same in an order in which whoever has none can take them one by one. */
  sendable(): Promise<readonly StoredPack[]>
  /** Which stretches of chains a pack here holds; null for one that does not open. */
  stretches(pack: EnvelopeId): Promise<readonly Stretch[] | null>
  /** Takes in a pack that was opened and kept just now. */
  add(pack: StoredPack, chains: readonly (readonly PackedRow[])[]): void
  /** Forgets content until it is asked for again; what could not be opened is tried again then. */
  forget(): void
  /** True when no pack was opened: another shelf knows as much. */
  isEmpty(): boolean
}

interface State {
  packs: StoredPack[]
  readonly rows: Map<DeviceId, PackedRow[]>
  readonly stretches: Map<EnvelopeId, readonly Stretch[]>
}

/** Packs are opened, and verified, when the first row of them is asked for. */
export function makeShelf(core: Core, topic: TopicId): Shelf {
  const steps = new Map<DeviceId, Step[]>()
  let loading: Promise<State> | null = null
  const load = async (): Promise<State> => {
    const state: State = { packs: inOrder(await core.store.packs(topic)), rows: new Map(), stretches: new Map() }
    for (const pack of state.packs) {
      if (isErasedForm(pack.bytes)) continue
      const opened = await openPack(core, topic, pack)
      if (opened.ok) put(state, steps, { pack, chains: opened.value.chains })
      else core.log('pack-not-opened', { topic, reason: opened.reason })
    }
    return state
  }
  const loaded = async (): Promise<State> => {
    loading ??= load()
    try {
      return await loading
    } catch (thrown) {
      loading = null
      throw thrown
    }
  }
  return {
    read: async (device, fromSeq, limit) => {
      const chain = (await loaded()).rows.get(device) ?? []
      let end = fromSeq
      while (end < fromSeq + limit && chain[end - 1]) end++
      return chain.slice(fromSeq - 1, end - 1)
    },
    at: async (device, seq) => {
      if (steps.size === 0) await loaded()
      return steps.get(device)?.[seq - 1] ?? null
    },
    reach: async () => {
      await loaded()
      return new Map([...steps].map(([device, chain]) => [device, lengthOf(chain)]))
    },
    packs: async () => (await loaded()).packs,
    sendable: async () => inOrderOfChains(await loaded()),
    stretches: async (pack) => (await loaded()).stretches.get(pack) ?? null,
    add: (pack, chains) => {
      for (const rows of chains) putSteps(steps, rows)
      if (!loading) return
      loading = loading.then((state) => {
        state.packs = inOrder([...state.packs.filter(({ id }) => id !== pack.id), pack])
        put(state, steps, { pack, chains })
        return state
      })
    },
    forget: () => {
      loading = null
    },
    isEmpty: () => steps.size === 0,
  }
}

interface Opened {
  readonly pack: StoredPack
  readonly chains: readonly (readonly PackedRow[])[]
}

/** What a pack before it holds is read out of that: one that says it again may leave out what is not erased here. */
function put(state: State, steps: Map<DeviceId, Step[]>, { pack, chains }: Opened): void {
  state.stretches.set(pack.id, chains.flatMap(stretchOf))
  for (const rows of chains) {
    putSteps(steps, rows)
    for (const row of rows) {
      const chain = state.rows.get(row.device) ?? []
      chain[row.seq - 1] ??= row
      state.rows.set(row.device, chain)
    }
  }
}

export function stretchOf(rows: readonly Pick<PackedRow, 'device' | 'seq' | 'id'>[]): readonly Stretch[] {
  const [first, last] = [rows[0], rows.at(-1)]
  return first && last ? [{ device: first.device, from: first.seq, to: last.seq, id: last.id }] : []
}

/** Each when those before it reach to where it begins; what is left of others once all is there. */
function inOrderOfChains({ packs, stretches }: State): readonly StoredPack[] {
  const ordered: StoredPack[] = []
  let waiting = packs.filter(({ bytes }) => !isErasedForm(bytes))
  const reach = new Map<DeviceId, number>()
  for (;;) {
    const next = waiting.find(({ id }) => (stretches.get(id) ?? []).every(({ device, from }) => from <= (reach.get(device) ?? 0) + 1))
    if (!next) return [...ordered, ...waiting, ...packs.filter(({ bytes }) => isErasedForm(bytes))]
    ordered.push(next)
    waiting = waiting.filter((pack) => pack !== next)
    for (const { device, to } of stretches.get(next.id) ?? []) reach.set(device, Math.max(to, reach.get(device) ?? 0))
  }
}

function putSteps(steps: Map<DeviceId, Step[]>, rows: readonly PackedRow[]): void {
  for (const { device, seq, id, pos } of rows) {
    const chain = steps.get(device) ?? []
    chain[seq - 1] = { id, pos }
    steps.set(device, chain)
  }
}

function lengthOf(chain: readonly (Step | undefined)[]): number {
  const hole = chain.findIndex((step) => step === undefined)
  return hole < 0 ? chain.length : hole
}

/**
 * Each after its predecessor, where that is here; beginnings in order of id. Where two follow one another's place, a relay has put the later
 * one in the place of the other: what was kept last and has no follower comes last.
 */
function inOrder(packs: readonly StoredPack[]): StoredPack[] {
  const ids = new Set(packs.map(({ id }) => id))
  const after = Map.groupBy(packs, ({ prev }) => (prev !== null && ids.has(prev) ? prev : null))
  const ordered: StoredPack[] = []
  const queue = [...(after.get(null) ?? [])]
  for (let next = queue.shift(); next; next = queue.shift()) {
    ordered.push(next)
    queue.push(...(after.get(next.id) ?? []))
  }
  const last = ordered
    .filter(({ id }) => !after.has(id))
    .reduce((best, pack) => (best && best.keptAtMs > pack.keptAtMs ? best : pack), ordered.at(-1))
  return [...ordered.filter((pack) => pack !== last), ...(last ? [last] : [])]
}
