/** A real relay core for tests, without sockets: it stops, starts again over its log, and lets a test see what passes. */
import { concatBytes, idToBytes, makeByteWriter } from '@poruch/base'
import type { Bytes, Clock, Random } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import { openRelayCore } from '@poruch/relay'
import type { RelayCore } from '@poruch/relay'
import type { FrameLink } from '@poruch/sync'
import { decodeFrame, encodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import type { MemoryRelayLog } from '@poruch/testkit/memory'
import type { RelayPort, SessionIdentity } from '../ports.ts'

export const origin = 'http://relay.test'
const retryMs = 500
const refusedRetryMs = 30_000
const maxCopied = 10_000

/**
 * Sees each frame, `bulk` those that are read in bulk. False drops it, and with it the whole session, as a broken wire does; `lost` drops it alone. `answer` brings a frame to
 * the device as if the relay had sent it.
 */
export type Wire = (way: 'up' | 'down' | 'bulk', frame: Frame, answer: (frame: Frame) => void) => boolean | 'lost'

export interface RelayHouse {
  readonly setup: Bytes
  readonly log: MemoryRelayLog
  /** For who orders what no honest relay does. */
  readonly sequencerKey: SigningKey
  readonly port: (wire?: Wire) => RelayPort
  /** Stops, and loses its database but not its key; answers what was in it. */
  wipe(): MemoryRelayLog
  /** From the next start on nobody may create a workspace. */
  forgetSetup(): void
  stop(): void
  start(): Promise<void>
  /** Another relay under the same key, with the same logs up to now: what a relay is that shows some people another world. */
  split(): Promise<RelayHouse>
  /** A relay of the same address with another key, which knows the same logs. */
  impostor(): Promise<RelayHouse>
}

export async function openRelayHouse(ports: { suite: Suite; random: Random; clock: Clock }): Promise<RelayHouse> {
  return openHouse(ports, { log: makeMemoryRelayLog(), sequencerKey: await ports.suite.generateSigningKey() })
}

interface House {
  readonly log: MemoryRelayLog
  readonly sequencerKey: SigningKey
}

async function openHouse(ports: { suite: Suite; random: Random; clock: Clock }, house: House): Promise<RelayHouse> {
  const { suite, random, clock } = ports
  const { sequencerKey } = house
  let { log } = house
  const setup = random.bytes(16)
  const copyLogs = async (): Promise<MemoryRelayLog> => {
    const copy = makeMemoryRelayLog()
    for (const scope of await log.scopes()) await copy.appendScope(await log.readScope(scope, 0, maxCopied))
    return copy
  }
  let core: RelayCore | null = null
  let isSetupKnown = true
  const start = async (): Promise<void> => {
    core = await openRelayCore({ log, suite, clock, random, sequencerKey, setup: isSetupKnown ? setup : null })
  }
  await start()
  return {
    setup,
    sequencerKey,
    get log() {
      return log
    },
    start,
    wipe: () => {
      core?.close()
      core = null
      const lost = log
      log = makeMemoryRelayLog()
      return lost
    },
    split: async () => openHouse(ports, { log: await copyLogs(), sequencerKey }),
    impostor: async () => openHouse(ports, { log: await copyLogs(), sequencerKey: await suite.generateSigningKey() }),
    forgetSetup: () => {
      isSetupKnown = false
    },
    stop: () => {
      core?.close()
      core = null
    },
    port: (wire = () => true) => ({
      keep: ({ identity, handlers, signal }) => {
        const again = (ms: number): void => {
          const cancel = clock.after(ms, attempt)
          signal.addEventListener('abort', cancel, { once: true })
        }
        const attempt = (): void => {
          if (signal.aborted) return
          handlers.onState({ name: 'connecting' })
          void connect({ core, suite, key: sequencerKey, identity, wire }).then((link) => {
            if (signal.aborted) return typeof link === 'object' ? link?.close('aborted') : undefined
            if (link === null || typeof link === 'string') {
              handlers.onState(link === null ? { name: 'offline' } : { name: 'refused', code: link })
              return again(link === null ? retryMs : refusedRetryMs)
            }
            signal.addEventListener('abort', () => link.close('aborted'), { once: true })
            link.onClose((reason) => {
              if (signal.aborted) return
              const final = reason === 'newer-session' || reason === 'not-a-member'
              handlers.onState(final ? { name: 'refused', code: reason } : { name: 'offline' })
              again(final ? refusedRetryMs : retryMs)
            })
            handlers.onState({ name: 'connected' })
            handlers.onSession({ link, bulk: { sync: async (body, take) => link.bulk(body, take) }, relayKey: sequencerKey.publicKey })
          })
        }
        attempt()
      },
    }),
  }
}

type OpenLink = FrameLink & { bulk(body: Bytes, take: (frame: Bytes) => Promise<void>): Promise<void> }

interface Attempt {
  readonly core: RelayCore | null
  readonly suite: Suite
  readonly key: SigningKey
  readonly identity: SessionIdentity
  readonly wire: Wire
}

/** An open link, a code when the relay refuses, null when it cannot be reached. */
async function connect({ core, key, identity, wire }: Attempt): Promise<OpenLink | string | null> {
  if (!core) return null
  const challenge = core.challenge()
  const kind = { device: 1, invitation: 2, setup: 3, recovery: 4, seed: 5 }[identity.kind]
  const sig = await identity.sign('poruch/session v1', concatBytes(challenge, Uint8Array.of(kind), key.publicKey))
  const proof = await identity.proof(challenge)
  const body = makeByteWriter().raw(challenge).u8(kind).raw(idToBytes(identity.device)).bytes16(proof).raw(sig).done()
  const opened = await core.openSession(body)
  if (!opened.ok) return opened.reason
  return takeUp(core, opened.value.token, wire)
}

function takeUp(core: RelayCore, token: Bytes, wire: Wire): OpenLink | null {
  const frames = new Set<(frame: Bytes) => void>()
  const closers = new Set<(reason: string) => void>()
  let closedBy: string | null = null
  const end = (reason: string): void => {
    if (closedBy !== null) return
    closedBy = reason
    // What was sent before is on its way.
    queueMicrotask(() => socket?.closed())
    for (const closer of closers) closer(reason)
  }
  const deliver = (bytes: Bytes): void => {
    for (const listener of frames) listener(bytes)
  }
  const deliverLater = (frame: Frame): void => queueMicrotask(() => deliver(encodeFrame(frame)))
  const passes = (way: 'up' | 'down', bytes: Bytes): boolean => {
    const frame = decodeFrame(bytes)
    const verdict = frame.ok && wire(way, frame.value, deliverLater)
    if (verdict === false) end('cut')
    return verdict === true
  }
  const socket = core.connect(token, {
    send: (bytes) => {
      if (closedBy !== null) return false
      queueMicrotask(() => {
        if (closedBy === null && passes('down', bytes)) deliver(bytes)
      })
      return true
    },
    close: (_code, reason) => queueMicrotask(() => end(reason)),
  })
  if (!socket) return null
  return {
    send: (bytes) => {
      if (closedBy !== null) return false
      queueMicrotask(() => {
        if (passes('up', bytes)) void socket.receive(bytes)
      })
      return true
    },
    bufferedBytes: () => 0,
    onFrame: (listener) => {
      frames.add(listener)
      return () => frames.delete(listener)
    },
    onClose: (listener) => {
      if (closedBy === null) closers.add(listener)
      else listener(closedBy)
      return () => closers.delete(listener)
    },
    close: end,
    bulk: async (body, take) => {
      const answer = core.bulk(token, body)
      if (typeof answer === 'string') throw new Error(answer)
      for await (const bytes of answer) {
        const frame = decodeFrame(bytes)
        if (frame.ok && wire('bulk', frame.value, deliverLater) === true) await take(bytes)
      }
    },
  }
}
