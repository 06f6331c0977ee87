/** Reads every stored envelope with everybody's keys, by rules said a second time here: what a schedule's end is judged by. */
import { idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, EpochId, ScopeId, TopicId, UserId } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import { decodeRecord, directTopicPrefix, makeScopeFold, prefixOf, verifyDirectEpoch } from '@poruch/identity/fold'
import type { ScopeFold, VerifiedDirectEpoch } from '@poruch/identity/fold'
import { messagesInUpdate } from '@poruch/model'
import type { LogStore } from '@poruch/sync'
import { decodeEnvelope, envelopeContext, envelopeSignatureDomain } from '@poruch/sync/wire'
import type { RelayLog } from '@poruch/sync/relay-log'
import { idUnder, openInner } from './inner.ts'
import { readRights } from './rights.ts'
import type { Rights } from './rights.ts'

export interface AuditedEnvelope {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly user: UserId
  readonly seq: number
  readonly id: EnvelopeId
  readonly pos: number
  readonly epoch: EpochId
  readonly texts: readonly string[]
  /** The id follows from the bytes, and the device has signed it. */
  readonly authentic: boolean
  /** No cut voids it, or an admin has admitted it. */
  readonly stands: boolean
  /** Its author had the right at the position that it states. */
  readonly rightful: boolean
  readonly direct: boolean
  /** Its content is gone; of two who erased it either may stand in its place. */
  readonly isErased: boolean
  /** Disks by name, and `relay`. */
  readonly where: Set<string>
}

export interface Audit {
  readonly scope: ScopeId
  readonly fold: ScopeFold
  readonly rights: Rights
  readonly records: readonly Bytes[]
  /** The two users of each 1:1 topic. */
  readonly directs: ReadonlyMap<TopicId, readonly UserId[]>
  readonly envelopes: readonly AuditedEnvelope[]
  /** The epochs whose keys are on each disk. */
  readonly opened: ReadonlyMap<string, ReadonlySet<string>>
}

export interface AuditOptions {
  readonly suite: Suite
  readonly scope: ScopeId
  readonly relay: RelayLog
  readonly disks: ReadonlyMap<string, LogStore>
}

interface Found {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly seq: number
  readonly id: EnvelopeId
  readonly prev: EnvelopeId | null
  readonly bytes: Bytes
  readonly where: Set<string>
}

/** More than any schedule makes. */
const pageSize = 10_000

/** Null when what the relay keeps of the log does not fold. */
export async function auditEverything(options: AuditOptions): Promise<Audit | null> {
  const { suite, scope, relay } = options
  const records = (await relay.readScope(scope, 0, pageSize)).map(({ record }) => record)
  const fold = makeScopeFold({ suite, scope })
  if (!(await fold.apply(records)).ok) return null
  const rights = readRights(records.map(decodeRecord), fold)
  const directs = await readDirects(options, fold)
  const keys = await readKeys(options)
  const found = await findAll(options, [...rights.topics, ...directs.keys()])
  const envelopes: AuditedEnvelope[] = []
  for (const one of found) {
    const read = await readOne({ suite, fold, rights, direct: directs.get(one.topic) ?? null, keys: keys.all }, one)
    if (read) envelopes.push(read)
  }
  const pairs = new Map([...directs].map(([topic, epochs]) => [topic, epochs.flatMap(({ author, other }) => [author, other]).slice(0, 2)]))
  return { scope, fold, rights, records, envelopes, directs: pairs, opened: keys.byDisk }
}

interface Keys {
  readonly all: ReadonlyMap<string, Bytes>
  readonly byDisk: ReadonlyMap<string, ReadonlySet<string>>
}

async function readKeys({ disks }: AuditOptions): Promise<Keys> {
  const all = new Map<string, Bytes>()
  const byDisk = new Map<string, ReadonlySet<string>>()
  for (const [name, disk] of disks) {
    const records = await disk.listRecords('epoch-keys')
    for (const { key, value } of records) all.set(key, value)
    byDisk.set(name, new Set(records.map(({ key }) => key)))
  }
  return { all, byDisk }
}

/** The epochs of each 1:1 topic. */
async function readDirects({ suite, disks }: AuditOptions, fold: ScopeFold): Promise<ReadonlyMap<TopicId, VerifiedDirectEpoch[]>> {
  const directs = new Map<TopicId, VerifiedDirectEpoch[]>()
  for (const disk of disks.values()) {
    for (const { value } of await disk.listRecords('direct-epochs')) {
      const judged = await verifyDirectEpoch(suite, fold, { bytes: value, stored: true })
      if (!judged.ok) continue
      const topic = `${await directTopicPrefix(suite, judged.value.scope)}00000000` as TopicId
      directs.set(topic, [...(directs.get(topic) ?? []), judged.value])
    }
  }
  return directs
}

async function findAll({ disks, relay }: AuditOptions, topics: readonly TopicId[]): Promise<readonly Found[]> {
  const found = new Map<string, Found>()
  const add = (where: string, row: Omit<Found, 'where'>): void => {
    const name = `${row.topic}/${row.device}/${row.seq}/${Buffer.prototype.latin1Slice.call(row.bytes, 0, row.bytes.length)}`
    const known = found.get(name) ?? { ...row, where: new Set<string>() }
    known.where.add(where)
    found.set(name, known)
  }
  for (const topic of topics) {
    for (const [name, disk] of disks) {
      for (const { device } of await disk.heads(topic)) {
        for (const row of await disk.read(topic, device, 1, pageSize)) add(name, { topic, ...pick(row), prev: row.prev })
      }
    }
    for (const row of await relay.read(topic, 0, pageSize)) {
      const before = await relay.chainAt(topic, row.device, row.deviceSeq - 1)
      add('relay', { topic, ...pick({ ...row, seq: row.deviceSeq }), prev: before?.id ?? null })
    }
  }
  return [...found.values()]
}

function pick({ device, seq, id, bytes }: Omit<Found, 'where' | 'topic' | 'prev'>): Omit<Found, 'where' | 'topic' | 'prev'> {
  return { device, seq, id, bytes }
}

interface Reading {
  readonly suite: Suite
  readonly fold: ScopeFold
  readonly rights: Rights
  readonly direct: readonly VerifiedDirectEpoch[] | null
  readonly keys: ReadonlyMap<string, Bytes>
}

/** Null for what states a position, an epoch or a device that does not exist. */
async function readOne({ suite, fold, rights, direct, keys }: Reading, found: Found): Promise<AuditedEnvelope | null> {
  const { topic, device, seq, id, prev, bytes, where } = found
  const form = decodeEnvelope(bytes)
  const user = fold.ownerOf(device)
  if (!form.ok || !user) return null
  const { header, sig } = form.value
  const head = fold.entryIdAt(header.pos)
  const own = direct?.find((epoch) => epoch.device === device && epoch.gen === header.gen)
  const epoch = direct ? own?.id : fold.epochByGen(header.gen)?.id
  if (!head || !epoch) return null
  const context = envelopeContext({ scope: own?.scope ?? fold.scope, topic, epoch, device, prev, head })
  const isSame = (await idUnder(suite, context, form.value)) === id
  const isSigned = await suite.verify(idToBytes(device), envelopeSignatureDomain, idToBytes(id), sig)
  const secret = keys.get(epoch)
  const inner = secret && (await openInner({ suite, topic, epoch, device, secret, context, envelope: form.value }))
  const texts = (inner?.updates ?? []).flatMap((update) => messagesInUpdate(update, device).map(({ text }) => text))
  return {
    topic,
    device,
    user,
    seq,
    id,
    pos: header.pos,
    epoch,
    texts,
    where,
    direct: direct !== null,
    isErased: form.value.erased !== null,
    authentic: isSame && isSigned && header.seq === seq && device.startsWith(header.deviceIndex),
    stands: direct !== null || rights.stands({ topic, device, user, seq, pos: header.pos }),
    rightful:
      (rights.revokedAt(device) ?? Number.POSITIVE_INFINITY) > header.pos &&
      (direct ? rights.roleAt(user, header.pos) > 0 : rights.roleAt(user, header.pos) >= rights.minimumOf(prefixOf(topic))),
  }
}
