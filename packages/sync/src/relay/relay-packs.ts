/** Packs over one session with a relay: those that it gives are taken, and one of this device's is offered. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { Compact } from '../compaction/pack.ts'
import { prevFromHex, prevToHex } from '../frame/prev.ts'
import type { SessionHost } from '../engine/session.ts'
import { encodeFrame } from '../frame/codec.ts'
import type { FrameOf } from '../frame/layouts.ts'
import { maxLinkBufferedBytes, maxWaitingPacks } from '../limits.ts'
import type { FrameLink } from '../ports.ts'

export interface RelayPacks {
  /** @throws SyncError of the store */
  take(frame: FrameOf<'PACK'>): Promise<void>
  /** What waited for log, epoch or key is tried again. */
  retry(): void
  /** `stored` once the relay has it durably, else the code of its refusal, or `offline`. */
  offer(topic: TopicId, pack: Compact): Promise<string>
  /** Asks for the packs of a topic after one of them. */
  want(topic: TopicId, after: EnvelopeId | null): void
  /** True when the ref is of an offer. */
  onAck(ref: number): boolean
  onRefuse(ref: number, code: string): boolean
}

export interface RelayPacksOptions {
  readonly host: SessionHost
  readonly link: FrameLink
  nextRef(): number
  /** The relay holds a chain so far. */
  onHolds(topic: TopicId, device: DeviceId, seq: number): void
  /** A pack was taken that stands for rows up to this place of the relay's order. */
  onStandsFor(topic: TopicId, relaySeq: number): void
}

export function makeRelayPacks({ host, link, nextRef, onHolds, onStandsFor }: RelayPacksOptions): RelayPacks {
  const offers = new Map<number, (outcome: string) => void>()
  let waiting: FrameOf<'PACK'>[] = []
  link.onClose(() => {
    for (const settle of offers.values()) settle('offline')
    offers.clear()
  })
  const retry = (): void => {
    const frames = waiting
    waiting = []
    for (const frame of frames) take(frame).catch((thrown: unknown) => host.core.log('pack-not-taken', { error: String(thrown) }))
  }
  const take: RelayPacks['take'] = async (frame) => {
    const { topic, prev, envelope } = frame
    const received = await host.topicOf(topic).takePack({ prev: prevFromHex(prev), bytes: envelope })
    // What no longer fits comes again when the topic is read anew.
    if (received.kind === 'waiting') waiting = [...waiting, frame].slice(-maxWaitingPacks)
    if (received.kind !== 'kept') return
    // What waited for this one may be what others wait for.
    if (waiting.length > 0) retry()
    onStandsFor(topic, frame.relaySeq)
    // Only where it stands for rows does the relay surely hold them.
    if (frame.relaySeq > 0) for (const { device, seq } of received.ends) onHolds(topic, device, seq)
    host.notePack(topic, received.id)
    host.noteDelivery(topic)
  }
  const settle = (ref: number, outcome: string): boolean => {
    const offer = offers.get(ref)
    offers.delete(ref)
    offer?.(outcome)
    return offer !== undefined
  }
  return {
    take,
    retry,
    offer: async (topic, { prev, bytes }) => {
      const ref = nextRef()
      const frame = encodeFrame({ type: 'COMPACT', ref, topic, prev: prevToHex(prev), envelope: bytes })
      if (link.bufferedBytes() > maxLinkBufferedBytes || !link.send(frame)) return 'offline'
      return new Promise((resolve) => offers.set(ref, resolve))
    },
    want: (topic, after) => void link.send(encodeFrame({ type: 'PACKWANT', topic, after: prevToHex(after) })),
    onAck: (ref) => settle(ref, 'stored'),
    onRefuse: settle,
  }
}
