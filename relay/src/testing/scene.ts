/** A relay core with devices connected to it, for tests: whoever sets the scene passes log, suite and people in. */
import { concatBytes, idToBytes, makeByteWriter } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, Random, TopicId } from '@poruch/base'
import type { SigningKey, SignSuite } from '@poruch/crypto/sign'
import type { ScopeFold } from '@poruch/identity/fold'
import type { RelayLog } from '@poruch/sync/relay-log'
import { decodeFrame, encodeFrame, encodeHeader, envelopeContext, envelopeId, envelopeSignatureDomain, hintOf } from '@poruch/sync/wire'
import type { Frame, FrameOf, FrameType } from '@poruch/sync/wire'
import type { CorePorts, RelayCore } from '../core/ports.ts'
import { openRelayCore } from '../core/relay-core.ts'
import { makeHandClock } from './hand-clock.ts'
import type { HandClock } from './hand-clock.ts'

export interface ScenePerson {
  readonly device: DeviceId
  readonly identity: { readonly device: SigningKey }
}

export interface Peer {
  readonly received: Frame[]
  readonly closed: () => { readonly code: number; readonly reason: string } | null
  /** Set to false to be a reader whose buffer is full. */
  reads: boolean
  readonly token: Bytes
  send(frame: Frame): Promise<void>
  sendBytes(bytes: Bytes): Promise<void>
  /** The next frame of this type that was not taken yet. */
  next<Type extends FrameType>(type: Type): Promise<FrameOf<Type>>
  /** Sends, and gives the next frame of the type. */
  ask<Type extends FrameType>(frame: Frame, type: Type): Promise<FrameOf<Type>>
  /** Resolves when everything sent before was judged. */
  settled(): Promise<void>
  leave(): void
}

export interface Scene {
  readonly core: RelayCore
  readonly clock: HandClock
  readonly log: RelayLog
  /** A code when the session is refused. */
  tryConnect(person: ScenePerson, proof?: Proof): Promise<Peer | string>
  /** @throws Error with the code */
  connect(person: ScenePerson, proof?: Proof): Promise<Peer>
}

/** How a session is asked for; without one, by the device alone. */
export type Proof =
  | { readonly kind: 2; readonly invitation: SigningKey }
  | { readonly kind: 4; readonly recovery: SigningKey; readonly forDevice?: DeviceId }
  | { readonly kind: 3; readonly secret: Bytes }
  | { readonly kind: 5; readonly seed: Bytes }

export interface SceneOptions {
  readonly log: RelayLog
  readonly suite: SignSuite
  readonly random: Random
  readonly sequencerKey: SigningKey
  readonly setup?: Bytes
  readonly nowMs: number
  /** Quotas and whatever else a test looks at. */
  readonly ports?: Partial<CorePorts>
}

export async function openScene({ log, suite, random, sequencerKey, setup, nowMs, ports }: SceneOptions): Promise<Scene> {
  const clock = makeHandClock(nowMs)
  const core = await openRelayCore({ log, suite, clock, random, sequencerKey, setup: setup ?? null, ...ports })
  const tryConnect: Scene['tryConnect'] = async (person, proof) => {
    const opened = await core.openSession(await sessionRequest({ suite, core, relayKey: sequencerKey.publicKey, person, proof }))
    return opened.ok ? connectPeer(core, opened.value.token) : opened.reason
  }
  return {
    core,
    clock,
    log,
    tryConnect,
    connect: async (person, proof) => {
      const peer = await tryConnect(person, proof)
      if (typeof peer === 'string') throw new Error(peer)
      return peer
    },
  }
}

interface RequestParts {
  readonly suite: SignSuite
  readonly core: RelayCore
  readonly relayKey: Bytes
  readonly person: ScenePerson
  readonly proof: Proof | undefined
}

/** The body of `POST /api/session`. */
export async function sessionRequest({ suite, core, relayKey, person, proof }: RequestParts): Promise<Bytes> {
  const challenge = core.challenge()
  const kind = proof?.kind ?? 1
  const device = idToBytes(person.device)
  const shown = !proof
    ? new Uint8Array(0)
    : proof.kind === 3 || proof.kind === 5
      ? proof.kind === 3
        ? proof.secret
        : proof.seed
      : await signedProof(suite, proof, concatBytes(challenge, proof.kind === 4 && proof.forDevice ? idToBytes(proof.forDevice) : device))
  const sig = await suite.sign(person.identity.device, 'poruch/session v1', concatBytes(challenge, Uint8Array.of(kind), relayKey))
  return makeByteWriter().raw(challenge).u8(kind).raw(device).bytes16(shown).raw(sig).done()
}

async function signedProof(suite: SignSuite, proof: Exclude<Proof, { kind: 3 | 5 }>, message: Bytes): Promise<Bytes> {
  const [key, domain] = proof.kind === 2 ? ([proof.invitation, 'link'] as const) : ([proof.recovery, 'recovery'] as const)
  return concatBytes(key.publicKey, await suite.sign(key, `poruch/session-${domain} v1`, message))
}

export function connectPeer(core: RelayCore, token: Bytes): Peer {
  const received: Frame[] = []
  const taken = new Set<Frame>()
  const waiting = new Set<() => void>()
  let closed: { code: number; reason: string } | null = null
  const wake = (): void => {
    for (const look of waiting) look()
  }
  const link = core.connect(token, {
    send: (bytes) => {
      if (!peer.reads || closed) return false
      const frame = decodeFrame(bytes)
      if (frame.ok) received.push(frame.value)
      wake()
      return true
    },
    close: (code, reason) => {
      closed = { code, reason }
      wake()
    },
  })
  if (!link) throw new Error('not connected')
  const sendBytes = async (bytes: Bytes): Promise<void> => link.receive(bytes)
  const next: Peer['next'] = (type) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = received.find((frame) => frame.type === type && !taken.has(frame))
        if (!found && !closed) return
        waiting.delete(look)
        if (found) resolve(found as never)
        else reject(new Error(`closed: ${closed?.reason}`))
        if (found) taken.add(found)
      }
      waiting.add(look)
      look()
    })
  const peer: Peer = {
    received,
    closed: () => closed,
    reads: true,
    token,
    sendBytes,
    send: async (frame) => sendBytes(encodeFrame(frame)),
    next,
    ask: async (frame, type) => {
      await sendBytes(encodeFrame(frame))
      return next(type)
    },
    settled: async () => {
      // One question for each lane, answered when all before them was.
      await peer.send({ type: 'SUB', topics: [{ topic: 'ee'.repeat(32) as TopicId, relaySeq: 0, idPrefix: '00000000' }] })
      await peer.send({ type: 'LOGSUB', scope: 'ee'.repeat(32) as never, nextPos: 0, keyCursor: 0 })
      await untilRefused(peer, new Set(['unknown-topic', 'unknown-scope']))
    },
    leave: link.closed,
  }
  return peer
}

async function untilRefused(peer: Peer, codes: Set<string>): Promise<void> {
  while (codes.size > 0) {
    const frame = await peer.next('REFUSE')
    if (frame.detail === 'ee'.repeat(32)) codes.delete(frame.code)
  }
}

export interface SceneEnvelope {
  readonly suite: SignSuite
  readonly fold: ScopeFold
  readonly person: ScenePerson
  readonly topic: TopicId
  readonly seq: number
  readonly prev: EnvelopeId | null
  /** The position that it states; default the head. */
  readonly pos?: number
  readonly gen?: number
  readonly kind?: number
  /** The scope and epoch of a 1:1 chat. */
  readonly direct?: { readonly scope: ScopeFold['scope']; readonly epoch: { readonly id: string; readonly gen: number } }
  /** Makes two envelopes of one place differ. */
  readonly branch?: number
  readonly sizeBytes?: number
  /** In front of the content. */
  readonly ends?: Bytes
}

/** An envelope whose content nobody could open: a relay never does. */
export async function sceneEnvelope(options: SceneEnvelope): Promise<{ readonly bytes: Bytes; readonly id: EnvelopeId }> {
  const { suite, fold, person, topic, seq, prev, kind = 1, branch = 0, direct } = options
  const pos = options.pos ?? fold.head()?.pos ?? 0
  const gen = options.gen ?? direct?.epoch.gen ?? fold.epochs().length - 1
  const head = fold.entryIdAt(pos)
  const epoch = direct?.epoch.id ?? fold.epochByGen(gen)?.id
  if (!head || !epoch) throw new Error('no such position or epoch')
  const place = {
    deviceIndex: person.device.slice(0, 16),
    seq,
    pos,
    lamport: kind === 4 ? 1 : seq,
    prevHint: hintOf(prev),
    headHint: hintOf(head),
  }
  const header = encodeHeader({ kind, gen, nonce: new Uint8Array(12).fill(branch), ...place })
  const ct = concatBytes(options.ends ?? new Uint8Array(0), new Uint8Array(options.sizeBytes ?? 48).fill(branch))
  const scope = direct?.scope ?? fold.scope
  const id = await envelopeId(
    suite,
    envelopeContext({ scope, topic, epoch: epoch as never, device: person.device, prev, head }),
    header,
    ct,
  )
  const sig = await suite.sign(person.identity.device, envelopeSignatureDomain, idToBytes(id))
  return { bytes: concatBytes(header, ct, sig), id }
}
