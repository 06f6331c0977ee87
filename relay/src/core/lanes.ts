/** Takes a socket up: judges its frames one after the other, envelopes and log matters each in a lane of their own. */
import { copyBytes, makeSerial } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { decodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { makeBucket } from './bucket.ts'
import type { Compaction } from './compaction.ts'
import type { Connection, Hub } from './connection.ts'
import type { Content } from './content.ts'
import type { Joins } from './joins.ts'
import type { Keys } from './keys.ts'
import { ephemeralsPerSecond, maxWaitingFrames } from './limits.ts'
import type { LogSender } from './log-sender.ts'
import { makeOutbox } from './outbox.ts'
import { tokensOf } from './pace.ts'
import type { Pace } from './pace.ts'
import type { CoreLink, CorePorts, Sink } from './ports.ts'
import { refusal, storageCode } from './refusal.ts'
import type { Scopes } from './scopes.ts'
import type { Seeding } from './seeding.ts'
import type { Sequencer } from './sequencer.ts'
import type { Session } from './sessions.ts'
import type { Starts } from './starts.ts'

export interface LaneParts {
  readonly ports: CorePorts
  readonly hub: Hub
  readonly scopes: Scopes
  readonly content: Content
  readonly compaction: Compaction
  readonly sequencer: Sequencer
  readonly keys: Keys
  readonly joins: Joins
  readonly sender: LogSender
  readonly seeding: Seeding
  readonly starts: Starts
  readonly pace: Pace
}

/** What concerns envelopes; the rest concerns logs. */
const contentTypes: ReadonlySet<Frame['type']> = new Set(['SUB', 'APPEND', 'CTX', 'EPH', 'COMPACT', 'PACKWANT', 'BASE'])

export function connectLanes(parts: LaneParts, session: Session, sink: Sink): CoreLink | null {
  const { hub, ports } = parts
  if (!mayConnect(parts, session)) return null
  hub.ofDevice(session.device)?.close(4409, 'newer-session')
  const connection = makeConnection(parts, session, sink)
  session.connected = true
  hub.add(connection)
  const content = makeSerial()
  const log = makeSerial()
  const ephemerals = makeBucket({ clock: ports.clock, size: ephemeralsPerSecond, refillMs: 1000 / ephemeralsPerSecond })
  const room = makeRoom()
  const rest = makeRest(parts, session)
  return {
    device: session.device,
    receive: async (bytes) => {
      while (rest.isNow() && !connection.ended) await rest.over()
      if (connection.ended) return
      const frame = readFrame(connection, bytes)
      ports.meter?.count('frames', frame?.type ?? 'garbage')
      ports.meter?.count('bytes_in', '', bytes.length)
      rest.after(tokensOf(frame, bytes.length))
      if (!frame || (frame.type === 'EPH' && !ephemerals.take())) return
      const work = workOf(parts, connection, frame)
      const lane = contentTypes.has(frame.type) ? content : log
      await room.enter()
      // Not awaited: the socket reads on while there is room.
      void lane
        // The last word of a device that goes is for the others, who are still there.
        .run(async () => (connection.ended && frame.type !== 'EPH' ? undefined : work()))
        .catch((thrown: unknown) => {
          ports.note?.('frame-failed', { frame: frame.type, code: storageCode(thrown) })
          connection.out.send(refusal('ref' in frame ? frame.ref : 0, storageCode(thrown)))
        })
        .finally(room.leave)
    },
    closed: () => {
      connection.close(1000, 'gone')
    },
  }
}

function mayConnect({ scopes, joins }: LaneParts, session: Session): boolean {
  const { device, setup, invitation } = session
  if (scopes.ofReader(session).length > 0 || session.seeds) return true
  return setup ? scopes.size === 0 : invitation !== null && joins.faultOf(invitation, device) === null
}

function makeConnection({ hub, scopes, sender, ports }: LaneParts, session: Session, sink: Sink): Connection {
  const state = { ended: false }
  const end = (): void => {
    state.ended = true
    session.connected = false
    connection.out.end()
    hub.remove(connection)
  }
  const onDrained = (): void => {
    for (const one of scopes.all()) void sender.advance(connection, one)
  }
  const ownSink: Sink = {
    send: (bytes) => {
      const isTaken = sink.send(bytes)
      if (isTaken) ports.meter?.count('bytes_out', '', bytes.length)
      return isTaken
    },
    close: (code, reason) => {
      if (state.ended) return
      end()
      sink.close(code, reason)
    },
  }
  const onSend = (frame: Frame): void => {
    if (frame.type === 'REFUSE') ports.meter?.count('refused', frame.code)
  }
  const connection: Connection = {
    device: session.device,
    invitation: session.invitation,
    setup: session.setup,
    recovery: session.recovery,
    seeds: session.seeds,
    wasMember: scopes.ofReader(session).length > 0,
    out: makeOutbox({ sink: ownSink, clock: ports.clock, onDrained, onSend }),
    topics: new Set(),
    logs: new Map(),
    close: ownSink.close,
    get ended() {
      return state.ended
    },
  }
  return connection
}

/** What may wait between the socket and its judgement. */
function makeRoom(): { enter(): Promise<void>; leave(): void } {
  let inside = 0
  const waiting: (() => void)[] = []
  return {
    enter: async () => {
      inside += 1
      if (inside > maxWaitingFrames) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    leave: () => {
      inside -= 1
      waiting.shift()?.()
    },
  }
}

/** After a frame that was over the pace, the next ones wait, in their order. */
function makeRest(
  { ports, pace, scopes }: LaneParts,
  { device, recovery }: Session,
): {
  isNow(): boolean
  over(): Promise<void>
  after(tokens: number): void
} {
  const user = scopes.userOf(device) ?? recovery?.user ?? null
  let resting: Promise<void> | null = null
  return {
    isNow: () => resting !== null,
    over: async () => resting ?? undefined,
    after: (tokens) => {
      const delayMs = pace.spend(device, user, tokens)
      if (delayMs === 0) return
      ports.meter?.count('frames_paced')
      resting = new Promise((resolve) => {
        ports.clock.after(delayMs, () => {
          resting = null
          resolve()
        })
      })
    },
  }
}

function readFrame(connection: Connection, bytes: Bytes): Frame | null {
  const decoded = decodeFrame(copyBytes(bytes))
  if (decoded.ok) return decoded.value
  connection.out.send(refusal(0, decoded.reason))
  return null
}

const recoveryFrames: ReadonlySet<Frame['type']> = new Set(['SUB', 'LOGSUB', 'STARTWANT', 'PROPOSE', 'MEMBEROF', 'REFUSE', 'GAP'])

/** A session that has no member behind it may only ask to join, or begin the first workspace. */
function workOf(parts: LaneParts, connection: Connection, frame: Frame): () => Promise<void> {
  const { content, compaction, sequencer, keys, joins, scopes } = parts
  // With the words alone one reads, and proposes the device that is to come.
  if (connection.recovery && !recoveryFrames.has(frame.type) && scopes.ofDevice(connection.device).length === 0)
    return () => Promise.resolve(connection.out.send(refusal('ref' in frame ? frame.ref : 0, 'no-right', frame.type)))
  switch (frame.type) {
    case 'SUB':
      return () => content.subscribe(connection, frame)
    case 'APPEND':
      return () => content.append(connection, frame)
    case 'BASE':
      return () => content.base(connection, frame)
    case 'CTX':
      return () => content.witness(connection, frame)
    case 'EPH':
      return () => content.ephemeral(connection, frame)
    case 'COMPACT':
      return () => compaction.compact(connection, frame)
    case 'PACKWANT':
      return () => compaction.want(connection, frame)
    case 'LOGSUB':
      return () => subscribeLog(parts, connection, frame)
    case 'PROPOSE':
      return () => sequencer.propose(connection, frame)
    case 'PUTKEY':
      return () => keys.put(connection, frame)
    case 'MEMBEROF':
      return () => tellScopes(parts, connection, frame)
    case 'SEEDLOG':
      return () => seedLog(parts, connection, frame)
    case 'STARTWANT':
      return () => parts.starts.give(connection, frame)
    case 'JOIN':
      return () => joins.join(connection, frame)
    case 'JOINDENY':
      return () => joins.deny(connection, frame)
    case 'REFUSE':
    case 'GAP':
      // What a client says of what it was sent; nothing is to be done here.
      return () => Promise.resolve()
    case 'HEAD':
    case 'RESET':
    case 'ACK':
    case 'ENTRY':
    case 'PACK':
    case 'ORDERED':
    case 'MOVED':
    case 'KEY':
    case 'KEYWANT':
    case 'KEYOK':
    case 'SCOPES':
    case 'SEEDED':
    case 'START':
    case 'JOINSTATE':
    case 'JOINREQ':
    case 'ROOT':
    case 'DIGESTS':
    case 'VECTOR':
    case 'LOGHEAD':
    case 'LOGAT':
    case 'CTXWANT':
    case 'PLACES':
      return () => Promise.resolve(connection.out.send(refusal(0, 'unexpected-frame', frame.type)))
  }
}

function subscribeLog({ scopes, sender, joins }: LaneParts, connection: Connection, frame: Frame & { type: 'LOGSUB' }): Promise<void> {
  const state = scopes.get(frame.scope)
  if (!state || !scopes.reader(state, connection)) connection.out.send(refusal(0, 'unknown-scope', frame.scope))
  else {
    connection.logs.set(state.scope, { nextPos: frame.nextPos, keyCursor: frame.keyCursor, sending: null, again: false })
    void sender.advance(connection, state).then(() => {
      const head = state.fold.head()
      // After all of the log: whoever has more, or another, finds out by this.
      if (head) connection.out.send({ type: 'LOGAT', scope: state.scope, ...head })
    })
    joins.deliverTo(connection, state)
  }
  return Promise.resolve()
}

/** From who proved to hold what this relay lost, who may begin a workspace here, and members, whose log may be longer than this one. */
async function seedLog({ seeding, scopes }: LaneParts, connection: Connection, frame: Frame & { type: 'SEEDLOG' }): Promise<void> {
  const state = scopes.get(frame.scope)
  const may = connection.seeds || connection.setup || (state && scopes.member(state, connection.device))
  if (may) await seeding.take(connection, frame)
  else connection.out.send(refusal(frame.ref, 'no-right'))
}

/** Answered once everything that the session follows has been sent, so that the answer is the end of that. */
async function tellScopes({ scopes, sender }: LaneParts, connection: Connection, { ref }: Frame & { type: 'MEMBEROF' }): Promise<void> {
  const own = scopes.ofReader(connection)
  await Promise.all(own.map(async (state) => sender.advance(connection, state)))
  const told = own.map(({ scope, fold }) => ({ scope, nextPos: (fold.head()?.pos ?? -1) + 1 }))
  connection.out.send({ type: 'SCOPES', ref, scopes: told })
}
