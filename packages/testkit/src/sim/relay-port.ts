/** A device's way to the simulated relay: session, frames and bulk as the browser's adapter does them, without sockets. */
import { concatBytes, copyBytes, idToBytes, makeByteWriter } from '@poruch/base'
import type { Bytes, Clock } from '@poruch/base'
import type { CoreLink, RelayCore } from '@poruch/relay'
import type { RelayPort, SessionIdentity } from '@poruch/replica'
import { SyncError } from '@poruch/sync'
import type { BulkReader, FrameLink } from '@poruch/sync'
import type { Chance } from './chance.ts'
import type { Line } from './line.ts'
import { pass } from './mischief.ts'
import type { RelayHost } from './relay-host.ts'

export interface RelayPortOptions {
  /** Of the device. */
  readonly name: string
  readonly host: RelayHost
  /** Stops with its device. */
  readonly clock: Clock
  readonly chance: Chance
  /** Whether frames pass between this device and the relay now. */
  reaches(): boolean
  /** A fresh line to the relay, with the device at its left. */
  makeLine(): Line
}

type Keep = Parameters<RelayPort['keep']>[0]

const kindNumbers = { device: 1, invitation: 2, setup: 3, recovery: 4, seed: 5 } as const
const sessionDomain = 'poruch/session v1'
/** One way to the relay, without a socket that has to be opened. */
const minTripMs = 5
const maxTripMs = 120
/** Waits between tries, as keep-relay has them; doubled each time. */
const firstRetryMs = 500
const maxRetryMs = 8000
const refusedRetryMs = 10_000
/** As keep-relay has them. */
const finalReasons: ReadonlySet<string> = new Set(['newer-session', 'not-a-member', 'forbidden'])
const passingCodes: ReadonlySet<string> = new Set(['bad-challenge', 'unauthorised'])

export function makeRelayPort(options: RelayPortOptions): RelayPort {
  return {
    keep: (keep) => {
      void attempt(options, keep, firstRetryMs)
    },
  }
}

async function attempt(options: RelayPortOptions, keep: Keep, retryMs: number): Promise<void> {
  const { signal, handlers } = keep
  if (signal.aborted) return
  const again = (delayMs: number, nextRetryMs: number): void => {
    options.clock.after(delayMs, () => void attempt(options, keep, nextRetryMs))
  }
  const offline = (): void => {
    handlers.onState({ name: 'offline' })
    again(options.chance.between(retryMs / 2, retryMs), Math.min(2 * retryMs, maxRetryMs))
  }
  const refused = (code: string): void => {
    handlers.onState({ name: 'refused', code })
    again(refusedRetryMs, firstRetryMs)
  }
  handlers.onState({ name: 'connecting' })
  const opened = await openSession(options, keep.identity)
  if (signal.aborted) return
  if (opened === null) return offline()
  if (typeof opened === 'string') return passingCodes.has(opened) ? offline() : refused(opened)
  const { link } = opened
  link.onClose((reason) => {
    signal.removeEventListener('abort', close)
    if (signal.aborted) return
    if (finalReasons.has(reason)) refused(reason)
    else offline()
  })
  const close = (): void => {
    link.close('closed')
  }
  signal.addEventListener('abort', close)
  handlers.onState({ name: 'connected' })
  handlers.onSession({ link, bulk: opened.bulk, relayKey: copyBytes(options.host.key.publicKey) })
}

interface Opened {
  readonly link: FrameLink
  readonly bulk: BulkReader
}

/** Null when the relay cannot be reached, a code when it says no. */
async function openSession(options: RelayPortOptions, identity: SessionIdentity): Promise<Opened | string | null> {
  const { host } = options
  const core = await reached(options)
  if (!core) return null
  const challenge = core.challenge()
  const kind = kindNumbers[identity.kind]
  const proof = await identity.proof(challenge)
  const signature = await identity.sign(sessionDomain, concatBytes(challenge, Uint8Array.of(kind), host.key.publicKey))
  const body = makeByteWriter().raw(challenge).u8(kind).raw(idToBytes(identity.device)).bytes16(proof).raw(signature).done()
  if ((await reached(options)) !== core) return null
  const session = await core.openSession(body)
  if (!session.ok) return session.reason
  if ((await reached(options)) !== core) return null
  const { token } = session.value
  const link = connect(options, core, token)
  return link ? { link, bulk: makeBulk(options, core, { token, link }) } : 'unauthorised'
}

async function reached({ host, clock, chance, reaches }: RelayPortOptions): Promise<RelayCore | null> {
  await new Promise<void>((resolve) => clock.after(chance.between(minTripMs, maxTripMs), resolve))
  return reaches() ? host.core() : null
}

function connect({ name, host, clock, makeLine }: RelayPortOptions, core: RelayCore, token: Bytes): FrameLink | null {
  const line = makeLine()
  const socket = host.promises.socket()
  const coreLink = core.connect(token, {
    send: (frame) => {
      const sent = pass(clock, host.mischief.down(name, frame), line.right.send)
      if (sent) socket.received(frame)
      return sent
    },
    close: (_code, reason) => {
      line.right.close(reason)
    },
  })
  if (!coreLink) {
    line.lose('left')
    return null
  }
  const hear = readInOrder(coreLink, socket.sent)
  line.right.onFrame((frame) => {
    pass(clock, host.mischief.up(name, frame), (passed) => {
      hear(passed)
      return true
    })
  })
  line.right.onClose(() => {
    coreLink.closed()
  })
  return line.left
}

/** The core says when the socket may be read on. */
function readInOrder(link: CoreLink, heard: (frame: Bytes) => void): (frame: Bytes) => void {
  const waiting: Bytes[] = []
  let isReading = false
  const read = async (): Promise<void> => {
    isReading = true
    for (let frame = waiting.shift(); frame; frame = waiting.shift()) {
      heard(frame)
      await link.receive(frame)
    }
    isReading = false
  }
  return (frame) => {
    waiting.push(frame)
    if (!isReading) void read()
  }
}

function makeBulk(options: RelayPortOptions, core: RelayCore, { token, link }: { token: Bytes; link: FrameLink }): BulkReader {
  let isOpen = true
  link.onClose(() => {
    isOpen = false
  })
  return {
    sync: async (request, onFrame, { signal }) => {
      const trip = async (): Promise<void> => {
        if ((await reached(options)) !== core || !isOpen || signal.aborted) throw new SyncError('offline', 'the relay is out of reach')
      }
      await trip()
      const answer = core.bulk(token, copyBytes(request))
      if (answer === 'unauthorised') throw new SyncError('unauthorised', 'the token is not good')
      if (typeof answer === 'string') throw new SyncError('offline', `the relay answers ${answer}`)
      for await (const frame of answer) {
        // Read from the log now, heard a little later: live entries may overtake it.
        if (options.chance.flip(bulkPauses)) await trip()
        for (const passing of options.host.mischief.down(options.name, frame)) await onFrame(copyBytes(passing.frame))
      }
    },
  }
}

/** Of the frames of a bulk answer, those before which it pauses for the length of a trip. */
const bulkPauses = 0.3
