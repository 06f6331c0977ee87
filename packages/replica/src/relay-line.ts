/** What passes between this member's device and the relay beside the topics: log, keys, requests to join. */
import { codeOf, emptyBytes, equalBytes, makeSerial } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, TopicId, UserId } from '@poruch/base'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import type { Compact, RelaySession, Sync } from '@poruch/sync'
import type { Frame, FrameOf } from '@poruch/sync/wire'
import type { Account } from './account.ts'
import type { Alarms } from './alarms.ts'
import { sessionOf } from './control.ts'
import type { Requests } from './control.ts'
import type { DirectChats } from './direct-chats.ts'
import { ReplicaError } from './errors.ts'
import type { JoinRequests } from './join-requests.ts'
import type { KeyExchange } from './key-exchange.ts'
import { makeKeyWait } from './key-wait.ts'
import { makeLogFilling } from './log-filling.ts'
import { compareLogs, noteLogFault } from './log-faults.ts'
import type { Membership } from './membership.ts'
import type { ReplicaPorts, RelayHandlers } from './ports.ts'
import { oweKeysAgain, seedLog } from './seeding.ts'
import type { Steward } from './steward.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface RelayLine {
  onSession: RelayHandlers['onSession']
  /** Envelopes of one's own that the relay has not acknowledged. */
  unsent(): number
  /** Gives the relay a pack: `stored`, or the code of its refusal, or `offline`. */
  offerPack(topic: TopicId, pack: Compact): Promise<string>
  /** Asks the relay for the packs of a topic after one of them. */
  wantPacks(topic: TopicId, after: EnvelopeId | null): void
  /** Hands over what is owed: sealed keys, records of 1:1 chats; in the background, since a relay may be slow to answer. */
  settle(): void
  /** Asks for the keys that lie there once more: some that could not be opened may be now. */
  askKeys(): void
}

export interface RelayLineOptions {
  readonly ports: ReplicaPorts
  readonly origin: string
  readonly log: WorkspaceLog
  readonly sync: Sync
  readonly requests: Requests
  readonly exchange: KeyExchange
  readonly directs: DirectChats
  readonly joinRequests: JoinRequests
  readonly membership: Pick<Membership, 'skip'>
  readonly account: Account
  readonly alarms: Alarms
  readonly steward: Steward
  workspaceTopics(): readonly TopicId[]
  allTopics(): ReadonlySet<TopicId>
  directTopic(other: UserId): TopicId
  /** New keys have been opened. */
  onKeys(): Promise<void>
  onChange(): void
}

export function makeRelayLine(options: RelayLineOptions): RelayLine {
  const { ports, log, sync, requests, exchange, directs } = options
  /** 1:1 chats that the relay knows in this session: it takes no envelope of others. */
  let known = new Set<UserId>()
  /** Records of them that it has. */
  let handedOver = new Set<Bytes>()
  let session: RelaySession | null = null
  let presentKey: Bytes = emptyBytes
  const isSequencer = (key: Bytes): boolean => {
    const sequencer = log.fold.sequencer()
    return sequencer === null || equalBytes(sequencer, key)
  }
  const incoming = makeSerial()
  const settling = makeSerial()

  const take = async (frame: Frame): Promise<void> => {
    if (frame.type === 'ORDERED' && frame.scope === log.scope) {
      const received = await takeRecords(log, frame.records)
      if ('gapAt' in received) subscribe()
      keyWait.begin()
      if ('fault' in received)
        noteLogFault(options, { scope: log.scope, reason: received.fault, records: frame.records, from: received.by ?? null })
    } else if (frame.type === 'LOGAT' && frame.scope === log.scope) {
      takeLogAt(frame)
    } else if (frame.type === 'KEY' && frame.kind === 1) {
      if (await exchange.receive(frame.record)) await options.onKeys()
    } else if (frame.type === 'KEY') {
      if (await directs.receive(frame.record)) handedOver.add(frame.record)
    } else if (frame.type === 'JOINREQ') {
      await options.joinRequests.receive(frame.request)
    }
  }
  // Key records are few and received ones cost nothing, so their cursor is not kept.
  const subscribe = (nextPos = log.nextPos()): void => {
    requests.send({ type: 'LOGSUB', scope: log.scope, nextPos, keyCursor: 0 })
    keyWait.begin()
  }
  const filling = makeLogFilling({ ...options, ask: subscribe })
  const keyWait = makeKeyWait({ ...options, ask: () => subscribe() })
  /** The relay's whole log was sent before this. */
  const takeLogAt = (at: FrameOf<'LOGAT'>): void => {
    keyWait.answered()
    filling.answered()
    const rolledBack = { code: 'rolled-back', scope: log.scope } as const
    if (at.pos + 1 < log.nextPos()) {
      options.alarms.raise(rolledBack)
      if (log.fold.entryIdAt(at.pos) === at.id) bringBack()
    } else options.alarms.end(rolledBack)
    compareLogs(log, at, requests.send)
  }
  let isBringing = false
  /** The relay has an older copy of the log: it gets the rest, and the keys. */
  const bringBack = (): void => {
    if (isBringing) return
    isBringing = true
    seedLog(log, requests.ask)
      .then(async () => {
        // The alarm stays for this session: that it happened is worth knowing.
        await oweKeysAgain(ports, log, exchange)
        settleLater()
        await sync.authorityChanged()
      })
      .catch((thrown: unknown) => ports.log?.('log-not-brought-back', { code: codeOf(thrown) }))
      .finally(() => {
        isBringing = false
      })
  }
  const put = async (kind: 1 | 2, record: Bytes): Promise<void> => {
    await requests.ask((ref) => ({ type: 'PUTKEY', ref, kind, record }))
  }
  /** False when the relay refuses the chat: the others must not wait for it. @throws ReplicaError `not-online` */
  const handOver = async (other: UserId): Promise<boolean> => {
    try {
      for (const record of directs.records(other)) {
        if (!handedOver.has(record)) await put(2, record)
        handedOver.add(record)
      }
      return true
    } catch (thrown) {
      if (!(thrown instanceof ReplicaError) || thrown.code !== 'refused') throw thrown
      ports.log?.('chat-refused', { reason: thrown.reason ?? '' })
      return false
    }
  }
  const settle = async (): Promise<void> => {
    const present = session
    if (!present || !requests.connected) return
    // The log came from peers, and owners have replaced this relay.
    if (!isSequencer(presentKey)) return void present.close('relay-changed')
    await exchange.settle(async (record) => put(1, record))
    for (const other of directs.opened()) {
      if (!log.fold.member(other)) continue
      if (!(await handOver(other))) continue
      known.add(other)
      present.addTopics([options.directTopic(other)])
    }
  }

  let isQueued = false
  const settleLater = (): void => {
    if (isQueued) return
    isQueued = true
    settling
      .run(async () => {
        isQueued = false
        await settle()
      })
      .catch((thrown: unknown) => {
        // The session ended: tried again with the next one.
        ports.log?.('not-settled', { code: codeOf(thrown) })
      })
  }

  requests.onFrame((frame) => {
    incoming
      .run(async () => take(frame))
      .catch((thrown: unknown) => ports.log?.('frame-failed', { type: frame.type, error: String(thrown) }))
  })

  return {
    offerPack: async (topic, pack) => session?.offerPack(topic, pack) ?? Promise.resolve('offline'),
    wantPacks: (topic, after) => session?.wantPacks(topic, after),
    unsent: () => [...options.allTopics()].reduce((sum, topic) => sum + unsentIn(sync, topic, options.account.device), 0),
    settle: settleLater,
    askKeys: () => subscribe(),
    onSession: ({ link, bulk, relayKey }) => {
      presentKey = relayKey
      if (!isSequencer(relayKey)) {
        ports.log?.('relay-changed')
        // Where a member's device orders, no relay is expected to.
        if (!options.steward.device()) options.alarms.raise({ code: 'relay-changed', scope: log.scope })
        link.close('relay-changed')
        return
      }
      options.alarms.end({ code: 'relay-changed', scope: log.scope })
      known = new Set()
      handedOver = new Set()
      const topics = (): TopicId[] => [...options.workspaceTopics(), ...[...known].map(options.directTopic)]
      const opened = sync.attachRelay({ relay: options.origin, link, bulk, topics })
      session = opened
      opened.unsent.subscribe(options.onChange)
      requests.attach(sessionOf(opened))
      subscribe()
      settleLater()
      options.onChange()
    },
  }
}

/** Own envelopes that no relay has acknowledged: what is acknowledged is the beginning of the chain. O(log n). */
function unsentIn(sync: Sync, topic: TopicId, device: DeviceId): number {
  const head = sync
    .topicState(topic)
    .read()
    .heads.find((each) => each.device === device)
  let acknowledged = 0
  let open = head?.seq ?? 0
  while (acknowledged < open) {
    const middle = Math.ceil((acknowledged + open) / 2)
    if (sync.deliveryOf(topic, device, middle) === 'relay') acknowledged = middle
    else open = middle - 1
  }
  return (head?.seq ?? 0) - acknowledged
}

/** Takes the records of one ORDERED frame, which follow one another. */
export async function takeRecords(log: WorkspaceLog, records: readonly Bytes[]): ReturnType<WorkspaceLog['receive']> {
  const [first] = records
  if (!first) return { added: 0 }
  try {
    return await log.receive(decodeEntry(decodeRecord(first).entry).pos, records)
  } catch {
    return { fault: 'bad-bytes' }
  }
}
