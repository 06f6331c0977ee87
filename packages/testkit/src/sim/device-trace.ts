/** Replays what a device's own network has brought it: an onlooker without keys is given the same, in the same order, and judges it anew. */
import { parseBase64 } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, ScopeId, TopicId } from '@poruch/base'
import { decodeEntry, decodeRecord, makeScopeFold, makeTopicAuthority, topicIdOf } from '@poruch/identity/fold'
import type { ScopeFold, TopicAuthority } from '@poruch/identity/fold'
import { openSync } from '@poruch/sync'
import type { Authority, LogStore } from '@poruch/sync'
import { decodeFrame, encodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { makeLinkPair, makeMemoryDisk } from '../memory/index.ts'
import { makeChance } from './chance.ts'
import type { SuiteAtWork } from './suites.ts'
import { makeVirtualClock } from './virtual-clock.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface DeviceReplay {
  /** Frames of the file; of these, what was judged: envelopes, packs, entries of the membership log. */
  readonly frames: number
  readonly judged: number
  /** What the engine said of that, by name and reason, with how often. */
  readonly said: Readonly<Record<string, number>>
  /** Chains that end elsewhere than the device's did; empty: the same end. */
  readonly differences: readonly string[]
}

interface DeviceHead {
  readonly format: 'poruch-trace'
  readonly version: 1
  readonly source: 'device'
  readonly scope: ScopeId
  readonly records: readonly string[]
}

interface DeviceEnd {
  readonly heads: readonly { readonly topic: TopicId; readonly device: DeviceId; readonly seq: number; readonly id: EnvelopeId }[]
}

type Line =
  | { readonly at: number; readonly what: 'note' }
  | { readonly at: number; readonly what: 'held'; readonly topic: TopicId; readonly bytes: string }
  | { readonly at: number; readonly what: 'frame'; readonly path: string; readonly bytes: string }

/** Fewer than the engine's inbox takes at once. */
const framesPerStep = 256
/** Every retry of the engine's has had its turn. */
const restMs = 20_000
const maxEvents = 1_000_000
const onlooker = '00'.repeat(32) as DeviceId

/** Null when it is no trace of a device of this version. */
export async function replayDevice(lines: readonly string[], { suite, settle }: SuiteAtWork): Promise<DeviceReplay | null> {
  const head = parse<DeviceHead>(lines[0])
  const end = parse<DeviceEnd>(lines.at(-1))
  if (head?.format !== 'poruch-trace' || head.version !== 1 || head.source !== 'device' || !Array.isArray(end?.heads)) return null
  const clock = makeVirtualClock({ settle, maxEvents })
  const fold = makeScopeFold({ suite, scope: head.scope })
  const onlooking = makeOnlooker({ suite, clock, fold })
  await onlooking.takeRecords(head.records.flatMap(bytesOf))
  let frames = 0
  let judged = 0
  for (const text of lines.slice(1, -1)) {
    const line = parse<Line>(text)
    if (line?.what === 'frame') frames++
    for (const frame of line ? framesIn(line) : []) {
      judged++
      if (frame.type === 'ORDERED') await onlooking.takeRecords(frame.records)
      else onlooking.give(frame)
      if (judged % framesPerStep === 0) await clock.advance(1)
    }
  }
  await clock.advance(restMs)
  const differences = await onlooking.compare(end)
  await onlooking.sync.close()
  return { frames, judged, said: onlooking.said, differences }
}

interface OnlookerParts extends Pick<SuiteAtWork, 'suite'> {
  readonly clock: VirtualClock
  readonly fold: ScopeFold
}

function makeOnlooker({ suite, clock, fold }: OnlookerParts) {
  const topics = makeTopicAuthority(() => [fold])
  const store = makeMemoryDisk().open()
  const said: Record<string, number> = {}
  const sync = openSync({
    suite,
    random: makeChance('onlooker'),
    clock,
    store,
    authority: blindAuthority(topics, fold),
    signer: { device: onlooker, sign: async () => Promise.reject(new Error('an onlooker signs nothing')) },
    applier: { apply: async () => Promise.resolve({ ok: true }), rebuild: async () => Promise.resolve(), ephemeral: () => {} },
    log: (event, detail = {}) => {
      const name = [event, detail['reason']].filter(Boolean).join(' ')
      said[name] = (said[name] ?? 0) + 1
    },
  })
  const known = (): TopicId[] => fold.docs().map(({ prefix }) => topicIdOf(prefix, 0))
  const { left, right } = makeLinkPair()
  sync.attachPeer({ link: left, mayRead: () => true, topics: known })
  return {
    sync,
    said,
    give: (frame: Frame) => right.send(encodeFrame(frame)),
    takeRecords: async (records: readonly Bytes[]) => {
      const from = fold.head()?.pos ?? -1
      const fresh = records.filter((record) => decodeEntry(decodeRecord(record).entry).pos > from)
      const applied = fresh.length === 0 ? null : await fold.apply(fresh)
      if (applied?.ok === false) said[`records-refused ${applied.reason}`] = (said[`records-refused ${applied.reason}`] ?? 0) + 1
      await sync.authorityChanged()
      await clock.advance(1)
    },
    compare: async (end: DeviceEnd) => compareHeads(store, end),
  }
}

/** Everything is checked but what takes a key: envelopes stay sealed. */
function blindAuthority(topics: TopicAuthority, fold: ScopeFold): Authority {
  return {
    ...topics,
    head: (topic) => topics.foldOf(topic)?.head() ?? null,
    epochKey: async () => Promise.resolve(null),
    writingEpoch: async () => Promise.resolve({ waiting: 'no-right' }),
    cutVersion: () => fold.cutVersion(),
  }
}

async function compareHeads(store: LogStore, { heads }: DeviceEnd): Promise<string[]> {
  const differences: string[] = []
  for (const { topic, device, seq, id } of heads) {
    const found = (await store.heads(topic)).find((one) => one.device === device)
    if (found?.id === id) continue
    differences.push(`${topic.slice(0, 8)} ${device.slice(0, 8)}: ${found ? `ends at ${found.seq}` : 'is not there'}, and there at ${seq}`)
  }
  return differences
}

/** What a line brings, as a peer would send it. */
function framesIn(line: Line): readonly Frame[] {
  if (line.what === 'note') return []
  const bytes = parseBase64(line.bytes)
  if (!bytes) return []
  if (line.what === 'held') return [{ type: 'ENTRY', topic: line.topic, relaySeq: 0, envelope: bytes }]
  const decoded = line.path === 'me>bulk' ? null : decodeFrame(bytes)
  if (!decoded?.ok) return []
  const frame = decoded.value
  switch (frame.type) {
    case 'APPEND':
      return [{ type: 'ENTRY', topic: frame.topic, relaySeq: 0, envelope: frame.envelope }]
    case 'COMPACT':
      return [{ type: 'PACK', topic: frame.topic, relaySeq: 0, prev: frame.prev, envelope: frame.envelope }]
    case 'ENTRY':
    case 'PACK':
    case 'CTX':
    case 'ORDERED':
      return [frame]
    default:
      return []
  }
}

function bytesOf(text: string): readonly Bytes[] {
  const bytes = parseBase64(text)
  return bytes ? [bytes] : []
}

function parse<T>(line: string | undefined): T | null {
  try {
    return JSON.parse(line ?? '') as T | null
  } catch {
    return null
  }
}
