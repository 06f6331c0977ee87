/** Finds with a peer where a chain forks, and hands over what each does not have. */
import type { DeviceId, TopicId } from '@poruch/base'
import type { SessionHost } from '../engine/session.ts'
import { encodeFrame } from '../frame/codec.ts'
import type { FrameOf } from '../frame/layouts.ts'
import { maxPlacesAsked } from '../limits.ts'
import type { FrameLink, Head } from '../ports.ts'

export interface Branches {
  /** The peer has sent what fits no branch here: tells where the chain stands, so that it sends the rest. */
  ask(topic: TopicId, device: DeviceId): Promise<void>
  /** Some chain of the topic has another branch there. */
  askAll(topic: TopicId, heads: readonly Head[]): Promise<void>
  take(frame: FrameOf<'PLACES'>): Promise<void>
  /** An envelope's head is not of the log here: the peer is asked which one it is. */
  askContext(topic: TopicId, device: DeviceId, seq: number): void
  tellContext(frame: FrameOf<'CTXWANT'>): Promise<void>
  tellEvidence(topic: TopicId): Promise<void>
}

export interface BranchesOptions {
  readonly host: SessionHost
  readonly link: FrameLink
  /** The peer wants a chain from after `have`. */
  rewind(topic: TopicId, device: DeviceId, have: number): void
}

export function makeBranches({ host, link, rewind }: BranchesOptions): Branches {
  /** How each chain stood when it was told: told again only when it stands otherwise. */
  const told = new Map<string, string>()
  const evidenced = new Set<string>()
  const wanted = new Set<string>()
  const ask = async (topic: TopicId, device: DeviceId): Promise<void> => {
    const places = await host.topicOf(topic).places(device)
    const name = `${topic} ${device}`
    const end = places[0]?.id ?? ''
    if (told.get(name) === end || (!told.has(name) && told.size >= maxPlacesAsked)) return
    told.set(name, end)
    link.send(encodeFrame({ type: 'PLACES', topic, device, places }))
  }
  return {
    ask,
    askAll: async (topic, heads) => {
      for (const { device } of heads) await ask(topic, device)
    },
    take: async ({ topic, device, places }) => {
      const { common, isUnknown, isBehind } = await host.topicOf(topic).compare(device, places)
      if (!isBehind && isUnknown) rewind(topic, device, common)
      if (isUnknown) await ask(topic, device)
    },
    askContext: (topic, device, seq) => {
      const name = `${topic} ${device} ${seq}`
      if (wanted.has(name) || wanted.size >= maxPlacesAsked) return
      wanted.add(name)
      link.send(encodeFrame({ type: 'CTXWANT', topic, device, seq }))
    },
    tellContext: async ({ topic, device, seq }) => {
      const frame = await host.topicOf(topic).contextOf(device, seq)
      if (frame) link.send(encodeFrame(frame))
    },
    tellEvidence: async (topic) => {
      for (const frame of await host.topicOf(topic).evidence()) {
        const name = `${topic} ${frame.prev} ${frame.envelope.length} ${frame.envelope.slice(-8).join()}`
        if (evidenced.has(name) || !link.send(encodeFrame(frame))) continue
        if (evidenced.size < maxPlacesAsked) evidenced.add(name)
      }
    },
  }
}
