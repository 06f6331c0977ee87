/** A member with a changed client: the keys and the log of one device, and a hand that writes whatever it likes with them. */
import { concatBytes, idToBytes, makeByteWriter, parseHex, parseUtf8 } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, EnvelopeId, EpochId, TopicId, UserId } from '@poruch/base'
import type { SigningKey } from '@poruch/crypto'
import { docKinds, makeScopeFold, topicIdOf } from '@poruch/identity/fold'
import type { ScopeFold } from '@poruch/identity/fold'
import { SyncError } from '@poruch/sync'
import type { LogRow } from '@poruch/sync'
import {
  decodeEnvelope,
  deviceIndexOf,
  encodeFrame,
  encodeHeader,
  envelopeContext,
  envelopeId,
  envelopeKinds,
  envelopeSignatureDomain,
  hintOf,
  lamportLimit,
} from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { envelopeKey, openInner, packUpdate } from '../inner.ts'
import type { Inner } from '../inner.ts'
import type { Person } from '../people.ts'
import type { World } from '../world.ts'

/** What an envelope states; absent, it is what an honest device would state. */
export interface Claims {
  /** Another device in the place of the author; the signature stays one's own. */
  readonly as?: DeviceId
  readonly seq?: number
  readonly prev?: EnvelopeId | null
  readonly pos?: number
  readonly gen?: number
  readonly lamport?: number
}

export interface Traitor {
  readonly person: Person
  readonly user: UserId
  readonly device: DeviceId
  readonly key: SigningKey
  /** As on the traitor's disk; null while there is none. */
  fold(): Promise<ScopeFold | null>
  /** The channels' topics. */
  channels(): Promise<readonly TopicId[]>
  directory(): Promise<TopicId | null>
  epochKey(epoch: EpochId): Promise<Bytes | null>
  /** Another member's or an own chain, as held. */
  rowsOf(topic: TopicId, device: DeviceId): Promise<readonly LogRow[]>
  /** Null without the key. */
  open(topic: TopicId, row: LogRow): Promise<Inner | null>
  /** The clientID of this device in a topic, for a counter. */
  clientId(topic: TopicId, n: number): Promise<number>
  /** Null where nothing can be sealed. */
  seal(topic: TopicId, update: { readonly n: number; readonly bytes: Bytes }, claims?: Claims): Promise<LogRow | null>
  /** Puts an envelope into the own log: the own, honest engine spreads it as any other. */
  keep(topic: TopicId, row: LogRow): Promise<void>
  /** For the next frame that the relay answers: what answers to what is counted, also among frames on their way at once. */
  nextRef(): number
  /** Throws a frame at the relay or at every peer that is connected now. */
  hurl(frame: Frame | Bytes, to: 'relay' | 'peers'): void
}

/** More than any schedule makes. */
const pageSize = 10_000
/** Refs that no honest session of a schedule reaches follow it. */
const firstRef = 3_900_000_000

interface StoredAccount {
  readonly user: UserId
  readonly signingPublicKey: DeviceId
  readonly signingSeed: string
}

/** Null on a device that has no account. */
export async function becomeTraitor(world: World, person: Person): Promise<Traitor | null> {
  const { suite } = world
  const { disk } = world.device(person.name)
  const record = await disk.getRecord('account', 'self')
  const account = record && (JSON.parse(parseUtf8(record) ?? 'null') as StoredAccount | null)
  const seed = account && parseHex(account.signingSeed)
  if (!account || !seed) return null
  const device = account.signingPublicKey
  const key = await suite.signingKeyFromSeed(seed)
  let ref = firstRef
  let known: { readonly entries: number; readonly fold: ScopeFold | null } = { entries: 0, fold: null }
  const fold = async (): Promise<ScopeFold | null> => {
    const records = (await disk.listRecords('log')).map(({ value }) => value)
    if (records.length === known.entries) return known.fold
    const made = makeScopeFold({ suite, scope: null })
    known = { entries: records.length, fold: (await made.apply(records)).ok ? made : null }
    return known.fold
  }
  const topicsOf = async (kind: number): Promise<readonly TopicId[]> =>
    ((await fold())?.docs() ?? []).filter((doc) => doc.kind === kind).map(({ prefix }) => topicIdOf(prefix, 0))
  const epochKey: Traitor['epochKey'] = async (epoch) => disk.getRecord('epoch-keys', epoch)
  const tools = { world, device, key, fold, epochKey, disk }
  return {
    person,
    user: account.user,
    device,
    key,
    fold,
    epochKey,
    channels: async () => topicsOf(docKinds.channel),
    directory: async () => (await topicsOf(docKinds.directory))[0] ?? null,
    rowsOf: async (topic, of) => disk.read(topic, of, 1, pageSize),
    open: async (topic, row) => openRow(tools, topic, row),
    clientId: async (topic, n) => {
      const hash = await suite.hash('yjs', makeByteWriter().raw(idToBytes(device)).raw(idToBytes(topic)).u16(n).done())
      return hash.subarray(0, 6).reduce((id, byte) => id * 256 + byte, 0) * 32 + ((hash[6] ?? 0) >> 3)
    },
    seal: async (topic, update, claims = {}) => seal(tools, topic, { update, claims }),
    keep: async (topic, row) => {
      try {
        await disk.append(topic, row.seq - 1, row)
      } catch (thrown) {
        // A traitor's disk may be full as anybody's.
        if (!(thrown instanceof SyncError)) throw thrown
      }
    },
    nextRef: () => ++ref,
    hurl: (frame, to) => {
      hurl(world, person.name, { bytes: frame instanceof Uint8Array ? frame : encodeFrame(frame), to })
    },
  }
}

interface Tools extends Pick<Traitor, 'device' | 'key' | 'fold' | 'epochKey'> {
  readonly world: World
  readonly disk: World['devices'][number]['disk']
}

interface Sealing {
  readonly update: { readonly n: number; readonly bytes: Bytes }
  readonly claims: Claims
}

async function seal(tools: Tools, topic: TopicId, { update, claims }: Sealing): Promise<LogRow | null> {
  const { world, key, disk } = tools
  const { suite, chance } = world
  const device = claims.as ?? tools.device
  const place = await placeOf(tools, claims)
  if (!place) return null
  const end = (await disk.heads(topic)).find((head) => head.device === device)
  const { scope, head, pos, gen, epoch, secret } = place
  const [seq, prev] = [claims.seq ?? (end?.seq ?? 0) + 1, claims.prev === undefined ? (end?.id ?? null) : claims.prev]
  const [lamport, kind, nonce] = [
    claims.lamport ?? Math.min((end?.lamport ?? 0) + 1, lamportLimit - 1),
    envelopeKinds.update,
    chance.bytes(12),
  ]
  const hints = { prevHint: hintOf(prev), headHint: hintOf(head) }
  const header = encodeHeader({ kind, gen, deviceIndex: deviceIndexOf(device), seq, pos, lamport, nonce, ...hints })
  const context = envelopeContext({ scope, topic, epoch, device, prev, head })
  const aead = await envelopeKey({ suite, topic, epoch, device, secret }, kind)
  const ct = await suite.seal(aead, nonce, concatBytes(context, header), packUpdate(update.n, update.bytes))
  const id = await envelopeId(suite, context, header, ct)
  const sig = await suite.sign(key, envelopeSignatureDomain, idToBytes(id))
  return { device, seq, id, prev, pos, lamport, gen, kind, state: 'opened', bytes: concatBytes(header, ct, sig) }
}

interface Place {
  readonly scope: ScopeFold['scope']
  readonly pos: number
  readonly head: EntryId
  readonly gen: number
  readonly epoch: EpochId
  readonly secret: Bytes
}

async function placeOf({ fold, epochKey }: Tools, claims: Claims): Promise<Place | null> {
  const log = await fold()
  const pos = claims.pos ?? log?.head()?.pos ?? -1
  const head = log?.entryIdAt(pos)
  for (const { id, gen } of (log?.epochs() ?? []).toReversed()) {
    const secret = claims.gen === undefined || claims.gen === gen ? await epochKey(id) : null
    if (log && head && secret) return { scope: log.scope, pos, head, gen, epoch: id, secret }
  }
  return null
}

async function openRow({ world, fold, epochKey }: Tools, topic: TopicId, row: LogRow): Promise<Inner | null> {
  const log = await fold()
  const epoch = log?.epochByGen(row.gen)?.id
  const head = log?.entryIdAt(row.pos)
  const secret = epoch && (await epochKey(epoch))
  const form = decodeEnvelope(row.bytes)
  if (!log || !epoch || !head || !secret || !form.ok) return null
  const { device, prev } = row
  const context = envelopeContext({ scope: log.scope, topic, epoch, device, prev, head })
  return openInner({ suite: world.suite, topic, epoch, device, secret, context, envelope: form.value })
}

function hurl(world: World, name: string, { bytes, to }: { readonly bytes: Bytes; readonly to: 'relay' | 'peers' }): void {
  if (to === 'relay') return world.relayLines().get(name)?.inject('right', bytes)
  for (const { line, left, right } of world.network.lines()) {
    if (left === name) line.inject('right', bytes)
    else if (right === name) line.inject('left', bytes)
  }
}
