/** What a device holds and does, for developers: counts and ids, no words of anybody's. */
import type { Bytes, DeviceId, EnvelopeId, EpochId, ScopeId, TopicId, UserId } from '@poruch/base'
import type { Head, LogRow } from '@poruch/sync'
import * as Y from 'yjs'
import type { RunningDevice } from './running-device.ts'

export interface DocumentInfo {
  readonly topic: TopicId
  /** Empty for the directory. */
  readonly title: string
  /** Of the whole state as one update. */
  readonly sizeBytes: number
  readonly structs: number
  readonly stateVector: readonly { readonly client: number; readonly clock: number }[]
  readonly heads: readonly Head[]
}

export interface LogLine {
  readonly device: DeviceId
  /** Of its author; empty where it is not known. */
  readonly name: string
  readonly seq: number
  readonly lamport: number
  /** Position in the membership log by which it is judged. */
  readonly pos: number
  /** Generation of the epoch that seals it. */
  readonly gen: number
  readonly kind: number
  readonly sizeBytes: number
  /** All rows were verified when they came; `opened` ones were read, too. */
  readonly state: LogRow['state']
}

export interface Inspection {
  readonly documents: readonly DocumentInfo[]
  readonly peers: readonly {
    readonly user: UserId
    readonly name: string
    readonly roundTripMs: number | null
    /** Envelopes of this device's that the peer is not known to hold. */
    readonly behindBy: number
  }[]
  /** Envelopes of one's own that the relay has not acknowledged; the newest 100 of each topic. */
  readonly unsent: readonly { readonly topic: TopicId; readonly title: string; readonly seq: number; readonly peers: number }[]
  readonly epochs: readonly { readonly gen: number; readonly id: EpochId; readonly pos: number; readonly isHeld: boolean }[]
  readonly log: { readonly scope: ScopeId; readonly records: number; readonly isLeading: boolean }
}

/** What a trace begins with: nothing in it opens without keys that it does not have. */
export interface Holdings {
  readonly scope: ScopeId
  readonly records: readonly Bytes[]
  /** Of the workspace's own topics. */
  readonly rows: readonly { readonly topic: TopicId; readonly envelope: Bytes }[]
  readonly heads: readonly { readonly topic: TopicId; readonly device: DeviceId; readonly seq: number; readonly id: EnvelopeId }[]
}

/** As many lines of a log as anybody looks at; per chain as many again are read. */
const maxLogLines = 200
const maxUnsentLines = 100

export interface Inspector {
  /** Null before one is a member. */
  inspect(): Inspection | null
  /** The newest lines of a topic's log, newest first. */
  readLog(topic: TopicId): Promise<readonly LogLine[]>
  holdings(): Promise<Holdings | null>
}

export function makeInspector(running: () => RunningDevice | null): Inspector {
  return {
    inspect: () => {
      const present = running()
      return present && inspectionOf(present)
    },
    readLog: async (topic) => {
      const present = running()
      return present ? readLog(present, topic) : []
    },
    holdings: async () => {
      const present = running()
      return present && holdingsOf(present)
    },
  }
}

function inspectionOf(running: RunningDevice): Inspection {
  const { device, peers, network } = running
  const { log, keys, directory } = device
  const topics = [...device.allTopics()]
  const { names } = directory.read()
  return {
    documents: topics.map((topic) => documentInfo(running, topic)),
    peers: peers.linked().map(({ user, transportKey, behindBy }) => ({
      user,
      name: names.get(user) ?? '',
      roundTripMs: network()?.roundTripMs(transportKey) ?? null,
      behindBy: behindBy(),
    })),
    unsent: topics.flatMap((topic) => unsentOf(running, topic)),
    epochs: log.fold.epochs().map(({ gen, id, pos }) => ({ gen, id, pos, isHeld: keys.get(id) !== null })),
    log: { scope: log.scope, records: log.nextPos(), isLeading: running.isLeading() },
  }
}

function titleOf({ device }: RunningDevice, topic: TopicId): string {
  const id = device.conversations.ofTopic(topic)
  if (!id) return ''
  const { titles, names } = device.directory.read()
  return (id.kind === 'channel' ? titles.get(id.prefix) : names.get(id.user)) ?? ''
}

function documentInfo(running: RunningDevice, topic: TopicId): DocumentInfo {
  const { documents, sync } = running.device
  const doc = documents.get(topic)
  const structs = [...doc.store.clients.values()].reduce((sum, list) => sum + list.length, 0)
  const vector = Y.decodeStateVector(Y.encodeStateVector(doc))
  return {
    topic,
    title: titleOf(running, topic),
    sizeBytes: Y.encodeStateAsUpdate(doc).length,
    structs,
    stateVector: [...vector].map(([client, clock]) => ({ client, clock })),
    heads: sync.topicState(topic).read().heads,
  }
}

function unsentOf(running: RunningDevice, topic: TopicId): Inspection['unsent'] {
  const { account, sync } = running.device
  const own = sync
    .topicState(topic)
    .read()
    .heads.find(({ device }) => device === account.device)
  const found: Inspection['unsent'][number][] = []
  for (let seq = own?.seq ?? 0; seq > 0 && found.length < maxUnsentLines; seq--) {
    if (sync.deliveryOf(topic, account.device, seq) === 'relay') break
    found.push({ topic, title: titleOf(running, topic), seq, peers: sync.peersHolding(topic, account.device, seq) })
  }
  return found
}

async function readLog({ device }: RunningDevice, topic: TopicId): Promise<readonly LogLine[]> {
  const { ports, log, directory } = device
  const heads = await ports.store.heads(topic)
  const chains = await Promise.all(
    heads.map(async (head) => ports.store.read(topic, head.device, Math.max(1, head.seq - maxLogLines + 1), maxLogLines)),
  )
  const { names } = directory.read()
  return chains
    .flat()
    .toSorted((a, b) => b.lamport - a.lamport || b.seq - a.seq)
    .slice(0, maxLogLines)
    .map((row) => {
      const user = log.fold.ownerOf(row.device)
      const { device: author, seq, lamport, pos, gen, kind, state, bytes } = row
      return { device: author, name: (user && names.get(user)) ?? '', seq, lamport, pos, gen, kind, sizeBytes: bytes.length, state }
    })
}

async function holdingsOf({ device }: RunningDevice): Promise<Holdings> {
  const { ports, log } = device
  const topics = device.workspaceTopics()
  const heads = await Promise.all(topics.map(async (topic) => (await ports.store.heads(topic)).map((head) => ({ topic, ...head }))))
  const all = heads.flat()
  const rows = await Promise.all(
    all.map(async ({ topic, device: author, seq }) =>
      (await ports.store.read(topic, author, 1, seq)).map(({ bytes }) => ({ topic, envelope: bytes })),
    ),
  )
  return {
    scope: log.scope,
    records: log.read(0, log.nextPos()),
    rows: rows.flat(),
    heads: all.map(({ topic, device: author, seq, id }) => ({ topic, device: author, seq, id })),
  }
}
