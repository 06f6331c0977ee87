/** What one topic tells others of its chains and of the branches beside them. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { FrameOf } from '../frame/layouts.ts'
import { contextOf } from '../envelope/left-heads.ts'
import { maxEvidenceFrames } from '../limits.ts'
import type { LogRow } from '../ports.ts'
import type { Chains } from './chains.ts'
import type { Core } from './core.ts'
import { frameOfFork } from './forks.ts'
import type { Topic } from './topic.ts'

export interface ChainPlace {
  readonly seq: number
  readonly id: EnvelopeId
}

interface Held {
  readonly core: Core
  readonly topic: TopicId
  readonly chains: Chains
}

/** One envelope that is held, with its context. */
export async function contextAt({ core, topic }: Held, device: DeviceId, seq: number): Promise<FrameOf<'CTX'> | null> {
  const [row] = await core.store.read(topic, device, seq, 1)
  return row ? frameOfRow(core, topic, row) : null
}

/** See Topic. */
export async function evidenceOf(held: Held): Promise<readonly FrameOf<'CTX'>[]> {
  const { topic, chains } = held
  const frames: FrameOf<'CTX'>[] = []
  for (const device of new Set(chains.forks.all().map(({ row }) => row.device))) {
    const seq = chains.forks.from(device) ?? 0
    const standing = await contextAt(held, device, seq)
    for (const row of chains.forks.at(device, seq).slice(0, 1)) {
      const fork = chains.forks.byId(row.id)
      if (fork) frames.push(frameOfFork(topic, fork))
    }
    if (standing) frames.push(standing)
  }
  return frames.slice(0, maxEvidenceFrames)
}

/** See Topic. */
export async function placesOf(chains: Chains, device: DeviceId): Promise<readonly ChainPlace[]> {
  const end = chains.all.get(device)?.head.seq ?? 0
  const places: ChainPlace[] = []
  for (const seq of samplesOf(end)) {
    const at = await chains.at(device, seq)
    if (at) places.push({ seq, id: at.id })
  }
  return places
}

/** See Topic. */
export async function comparePlaces(chains: Chains, device: DeviceId, places: readonly ChainPlace[]): ReturnType<Topic['compare']> {
  let common = 0
  let isUnknown = false
  for (const { seq, id } of places) {
    const at = await chains.at(device, seq)
    if (at?.id === id) common = Math.max(common, seq)
    else if (!chains.forks.byId(id)) isUnknown = true
  }
  return { common, isUnknown, isBehind: common >= (chains.all.get(device)?.head.seq ?? 0) }
}

/** Each twice as far from the end as the one before, so that a fork is found within a factor of two; and the first. */
function samplesOf(end: number): number[] {
  if (end < 1) return []
  const samples = [end]
  for (let back = 1; end - back > 1; back *= 2) samples.push(end - back)
  return end > 1 ? [...samples, 1] : samples
}

function frameOfRow({ authority }: Core, topic: TopicId, row: LogRow): FrameOf<'CTX'> | null {
  const context = contextOf(authority, topic, row)
  return context && frameOfFork(topic, { row, ...context })
}
