/** What the engine and its sessions with relays and peers are to each other. */
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { encodeFrame } from '../frame/codec.ts'
import type { Frame } from '../frame/layouts.ts'
import type { FrameLink } from '../ports.ts'
import type { Core } from './core.ts'
import type { ForkPlace, Topic } from './topic.ts'

export interface SessionHost {
  readonly core: Core
  topicOf(topic: TopicId): Topic
  /** Judges an ephemeral and hands it over. */
  takeEphemeral(topic: TopicId, bytes: Bytes): Promise<void>
  /** A pack was kept that was not here before. */
  notePack(topic: TopicId, pack: EnvelopeId): void
  /** Somebody is known to hold more of a topic than before; null when of many. */
  noteDelivery(topic: TopicId | null): void
  leave(session: HostedSession): void
}

export interface HostedSession {
  /** The stored heads of a topic have moved. */
  onMoved(topic: TopicId): void
  /** Membership, keys or the topics to be read may have changed. */
  onAuthority(): void
  /** `noteDelivery` was called. */
  onDelivery(topic: TopicId | null): void
  /** A device was found to have signed twice. */
  onForked(fork: ForkPlace): void
  sendEphemeral(topic: TopicId, bytes: Bytes): void
  holds(topic: TopicId, device: DeviceId, seq: number): boolean
  /** Resolves when what the other side holds of the topic has been read for the first time; null when it has been, or is not going to be. */
  firstRead(topic: TopicId): Promise<void> | null
  end(reason: string): void
  isEnded(): boolean
}

/** Frames of membership, keys and joining: sync carries them and does not look inside. */
const controlTypes = [
  'ACK',
  'REFUSE',
  'LOGSUB',
  'ORDERED',
  'PROPOSE',
  'MOVED',
  'KEY',
  'KEYWANT',
  'KEYOK',
  'PUTKEY',
  'MEMBEROF',
  'SCOPES',
  'SEEDLOG',
  'SEEDED',
  'STARTWANT',
  'START',
  'JOIN',
  'JOINSTATE',
  'JOINREQ',
  'JOINDENY',
  'LOGHEAD',
  'LOGAT',
] as const
const controlTypeSet: ReadonlySet<string> = new Set(controlTypes)
export type ControlFrame = Extract<Frame, { type: (typeof controlTypes)[number] }>

/** True for frames that sync hands on; ACK and REFUSE are the relay session's own where their ref is. */
export function isControlFrame(frame: Frame): frame is ControlFrame {
  return controlTypeSet.has(frame.type)
}

export interface ControlLine {
  /** Hears every frame that is not sync's own, also ACK and REFUSE of refs that `sendControl` sent. Subscribe in the task that attached. */
  onControl(listener: (frame: ControlFrame) => void): () => void
  /** False when the link is closed or full. */
  sendControl(frame: ControlFrame): boolean
  /** A ref that no other frame of this session uses. */
  nextRef(): number
}

/** For listeners of the layers above, whose faults must not stop a session. */
export function logThrown(host: SessionHost): (thrown: unknown) => void {
  return (thrown) => host.core.log('listener-failed', { error: String(thrown) })
}

/** Says no to a frame that asked for nothing that has a ref. */
export function refuseFrame(link: FrameLink, code: string): void {
  link.send(encodeFrame({ type: 'REFUSE', ref: 0, code, detail: '' }))
}
