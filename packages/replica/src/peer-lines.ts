/** Direct links with other members' devices: who they are, what passes beside the topics. */
import { makeSerial, toHex } from '@poruch/base'
import type { DeviceId, TopicId, UserId } from '@poruch/base'
import type { TopicAuthority } from '@poruch/identity/fold'
import type { FrameLink, PeerSession, Sync } from '@poruch/sync'
import type { Frame, FrameOf } from '@poruch/sync/wire'
import type { Account } from './account.ts'
import type { Alarms } from './alarms.ts'
import { sessionOf } from './control.ts'
import type { DirectChats } from './direct-chats.ts'
import type { KeyExchange } from './key-exchange.ts'
import { noteLogFault } from './log-faults.ts'
import type { ReplicaPorts } from './ports.ts'
import { compareLogs } from './log-faults.ts'
import { recordBatches } from './record-batches.ts'
import { takeRecords } from './relay-line.ts'
import type { SequencerLine } from './sequencer-line.ts'
import type { Steward } from './steward.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface PeerLines {
  /** Takes a link whose other end proved to hold the transport key. */
  take(transportKey: string, link: FrameLink): void
  /** True for the transport key of another present member's live device. */
  allows(transportKey: string): boolean
  /** The transport keys of the devices to be linked with. */
  wanted(): readonly string[]
  /** `behindBy`: envelopes held here that the peer is not known to hold. */
  linked(): readonly { readonly user: UserId; readonly transportKey: string; behindBy(): number }[]
  /** Hands the records of a 1:1 chat to the other one's devices, and to one's own. */
  shareDirect(other: UserId): void
  /** The log has grown: tells the peers how long it is now, and hangs up on whoever is no member any more. */
  announce(): void
  onChanged(listener: () => void): void
}

export interface PeerLinesOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly alarms: Alarms
  readonly log: WorkspaceLog
  readonly topics: TopicAuthority
  readonly sync: Sync
  readonly exchange: KeyExchange
  readonly directs: DirectChats
  readonly steward: Steward
  readonly sequencer: SequencerLine
  ownTopics(): ReadonlySet<TopicId>
  onKeys(): Promise<void>
}

/** Links held at once: a browser carries a few dozen; others are reached through them and the relay. */
const maxWanted = 32

interface Line {
  readonly user: UserId
  readonly transportKey: string
  readonly session: PeerSession
}

export function makePeerLines(options: PeerLinesOptions): PeerLines {
  const { account, log, sync } = options
  const lines = new Set<Line>()
  const listeners: (() => void)[] = []
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const ownerOf = (transportKey: string): { user: UserId; device: DeviceId } | null => {
    for (const { user, devices } of log.fold.members()) {
      for (const device of devices) {
        const key = log.fold.transportKeyOf(device)
        if (key && toHex(key) === transportKey) return { user, device }
      }
    }
    return null
  }
  const isOther = (owner: { device: DeviceId } | null): boolean => owner !== null && owner.device !== account.device

  return {
    allows: (transportKey) => isOther(ownerOf(transportKey)),
    wanted: () =>
      log.fold.member(account.user)
        ? log.fold
            .members()
            .flatMap(({ devices }) => devices.filter((device) => device !== account.device))
            .flatMap((device) => log.fold.transportKeyOf(device) ?? [])
            .slice(0, maxWanted)
            .map(toHex)
        : [],
    linked: () => [...lines].map(({ user, transportKey, session }) => ({ user, transportKey, behindBy: session.behindBy })),
    shareDirect: (other) => {
      for (const line of lines) if (line.user === other || line.user === account.user) sendDirects(options, line, [other])
    },
    announce: () => {
      for (const line of lines) {
        if (log.fold.member(line.user)) announceTo(options, line)
        else line.session.close('not-a-member')
      }
    },
    onChanged: (listener) => listeners.push(listener),
    take: (transportKey, link) => {
      const owner = ownerOf(transportKey)
      if (!owner || !isOther(owner)) {
        link.close('not-a-member')
        return
      }
      const mayRead = (topic: TopicId): boolean => options.topics.mayRead(topic, owner.user)
      const session = sync.attachPeer({ link, mayRead, topics: options.ownTopics })
      const line: Line = { user: owner.user, transportKey, session }
      lines.add(line)
      const incoming = makeSerial()
      session.onControl((frame) => {
        incoming
          .run(async () => answer(options, line, frame))
          .catch((thrown: unknown) => options.ports.log?.('frame-failed', { type: frame.type, error: String(thrown) }))
      })
      session.state.subscribe(() => {
        if (session.state.read().closed === null) return
        lines.delete(line)
        changed()
      })
      options.sequencer.attachPeer(owner.device, sessionOf(session))
      greet(options, line)
      changed()
    },
  }
}

function greet(options: PeerLinesOptions, line: Line): void {
  announceTo(options, line)
  sendDirects(options, line, options.directs.opened())
  const missing = options.log.missingFrom()
  if (missing !== null) line.session.sendControl({ type: 'LOGSUB', scope: options.log.scope, nextPos: missing, keyCursor: 0 })
}

function announceTo(options: PeerLinesOptions, line: Line): void {
  const { log } = options
  line.session.sendControl({ type: 'LOGHEAD', scope: log.scope, nextPos: log.nextPos() })
  const head = log.fold.head()
  // Logs of one length may still differ: who was shown another one finds out by this.
  if (head) line.session.sendControl({ type: 'LOGAT', scope: log.scope, ...head })
  askForKey(options, line)
}

/** The relay may die between the log and the key: whoever is linked is asked, too. */
function askForKey({ log, exchange }: PeerLinesOptions, { session }: Line): void {
  const missing = exchange.missing()
  if (missing) session.sendControl({ type: 'KEYWANT', scope: log.scope, epoch: missing })
}

/** Of the chats that this device knows with those people, what the peer may read. */
function sendDirects({ directs, account }: PeerLinesOptions, { user, session }: Line, others: readonly UserId[]): void {
  const shared = others.filter((other) => user === other || user === account.user)
  for (const record of shared.flatMap(directs.records)) session.sendControl({ type: 'KEY', keyCursor: 0, kind: 2, record })
}

async function answer(options: PeerLinesOptions, line: Line, frame: Frame): Promise<void> {
  const { log, exchange, directs } = options
  const { session, user } = line
  if ('scope' in frame && frame.scope !== log.scope) return
  switch (frame.type) {
    case 'LOGHEAD':
      // A peer that has just come as far as this device may hold a key that it could not give before.
      if (frame.nextPos > log.nextPos()) session.sendControl({ type: 'LOGSUB', scope: log.scope, nextPos: log.nextPos(), keyCursor: 0 })
      else askForKey(options, line)
      return
    case 'LOGAT':
      compareLogs(log, frame, (ask) => void session.sendControl(ask))
      return
    case 'PROPOSE':
      await orderFor(options, line, frame)
      return
    case 'LOGSUB':
      sendRecords(log, session, frame.nextPos)
      // Whose device is in them only has had its records refused.
      sendDirects(options, line, directs.opened())
      return
    case 'ORDERED': {
      const received = await takeRecords(log, frame.records)
      if ('fault' in received)
        noteLogFault(options, { scope: log.scope, reason: received.fault, records: frame.records, from: received.by ?? user })
      askForKey(options, line)
      return
    }
    case 'KEYWANT': {
      const record = log.fold.member(user) && (await exchange.sealFor(frame.epoch, user))
      if (record) session.sendControl({ type: 'KEY', keyCursor: 0, kind: 1, record })
      return
    }
    case 'KEY':
      if (frame.kind === 2) await directs.receive(frame.record)
      else if (await exchange.receive(frame.record)) await options.onKeys()
      return
    default:
  }
}

/** A member asks this device to order something. What is ordered is told to all, and so to whoever asked. */
async function orderFor({ log, steward }: PeerLinesOptions, { user, session }: Line, { ref, records }: FrameOf<'PROPOSE'>): Promise<void> {
  const outcome = log.fold.member(user) ? await steward.order(records) : ({ kind: 'refused', reason: 'no-right' } as const)
  if (outcome.kind === 'moved') session.sendControl({ type: 'MOVED', ref, scope: log.scope, pos: outcome.pos, id: outcome.id })
  if (outcome.kind === 'refused') session.sendControl({ type: 'REFUSE', ref, code: outcome.reason, detail: '' })
}

function sendRecords(log: WorkspaceLog, session: PeerSession, fromPos: number): void {
  for (const records of recordBatches(log.read(fromPos, log.nextPos()))) session.sendControl({ type: 'ORDERED', scope: log.scope, records })
}
