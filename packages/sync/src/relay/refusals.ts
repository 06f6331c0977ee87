/** What a relay will not take of a chain, for now or for good. */
import { makeCell } from '@poruch/base'
import type { DeviceId, TopicId, View } from '@poruch/base'
import { maxChainRewinds, maxRefusalsListed, maxRefusedRetryMs, refusedRetryMs } from '../limits.ts'

/** A chain that the relay will not take from `seq` on. */
export interface ChainRefusal {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly seq: number
  readonly code: string
}

/** What is to be done about a refusal: send the chain again from its start, or after a while, or not at all. */
export type RefusalAnswer = { readonly kind: 'rewind' } | { readonly kind: 'rest'; readonly delayMs: number } | { readonly kind: 'stop' }

export interface Refusals {
  readonly listed: View<readonly ChainRefusal[]>
  add(refusal: ChainRefusal): RefusalAnswer
  /** True when the chain rests or was stopped at the envelope after `have`: that what follows it does not fit either is no news. */
  explains(topic: TopicId, device: DeviceId, have: number): boolean
  /** True while nothing of the chain is to be sent. */
  isStopped(topic: TopicId, device: DeviceId): boolean
  /** The rest of a chain is over. */
  wake(topic: TopicId, device: DeviceId): void
  /** The relay has taken something of the chain, or has said where it ends. */
  forget(topic: TopicId, device: DeviceId): void
  /** Forgets all, and answers the topics that something was refused of. */
  forgetAll(): readonly TopicId[]
}

const rewinding = new Set(['chain', 'gap'])
/** The relay's disk, its quotas, its load, or its knowledge of membership: all may be better in a while. */
const passing = new Set([
  'wait-log',
  'head-differs',
  'wait-epoch',
  'no-pack',
  'no-erase',
  'unknown-topic',
  'busy',
  'too-many',
  'too-many-requests',
  'quota-exceeded',
  'disk-full',
  'closed',
  'locked',
  'unwritable',
  'storage-failed',
  'relay-failed',
  'moved',
])

interface ChainState {
  rewinds: number
  rests: number
  isResting: boolean
  /** Where it rests or was stopped; 0 before that. */
  stoppedAt: number
  refusal: ChainRefusal | null
}

export function makeRefusals(): Refusals {
  const chains = new Map<string, ChainState>()
  const listed = makeCell<readonly ChainRefusal[]>([])
  const keyOf = (topic: TopicId, device: DeviceId): string => `${topic} ${device}`
  const publish = (): void => {
    listed.set([...chains.values()].flatMap((chain) => chain.refusal ?? []).slice(0, maxRefusalsListed))
  }
  return {
    listed,
    add: (refusal) => {
      const key = keyOf(refusal.topic, refusal.device)
      const chain = chains.get(key) ?? { rewinds: 0, rests: 0, isResting: false, stoppedAt: 0, refusal: null }
      chains.set(key, chain)
      if (rewinding.has(refusal.code) && chain.rewinds < maxChainRewinds) {
        chain.rewinds++
        return { kind: 'rewind' }
      }
      chain.stoppedAt = refusal.seq
      if (passing.has(refusal.code)) {
        chain.isResting = true
        return { kind: 'rest', delayMs: Math.min(refusedRetryMs * 2 ** chain.rests++, maxRefusedRetryMs) }
      }
      chain.refusal = refusal
      publish()
      return { kind: 'stop' }
    },
    explains: (topic, device, have) => {
      const chain = chains.get(keyOf(topic, device))
      return chain !== undefined && isHeld(chain) && chain.stoppedAt === have + 1
    },
    isStopped: (topic, device) => {
      const chain = chains.get(keyOf(topic, device))
      return chain !== undefined && isHeld(chain)
    },
    wake: (topic, device) => {
      const chain = chains.get(keyOf(topic, device))
      if (chain) chain.isResting = false
    },
    forget: (topic, device) => {
      const chain = chains.get(keyOf(topic, device))
      chains.delete(keyOf(topic, device))
      if (chain?.refusal) publish()
    },
    forgetAll: () => {
      const topics = [...new Set([...chains.keys()].map((key) => key.slice(0, 64) as TopicId))]
      chains.clear()
      publish()
      return topics
    },
  }
}

function isHeld({ isResting, refusal }: ChainState): boolean {
  return isResting || refusal !== null
}
