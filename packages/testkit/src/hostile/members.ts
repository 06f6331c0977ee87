/** The people of a run: their devices, what is stored there, and what their replicas said. */
import { copyBytes } from '@poruch/base'
import type { Bytes, DeviceId, TopicId, UserId } from '@poruch/base'
import { systemRandom, webCryptoSuite } from '@poruch/crypto'
import type { SigningKey } from '@poruch/crypto'
import type { ConversationId } from '@poruch/replica'
import type { LogRow, LogStore } from '@poruch/sync'
import { decodeEnvelope, deviceIndexOf } from '@poruch/sync/wire'
import { openDevice } from '../kill9/devices.ts'
import type { Device, DeviceOptions } from '../kill9/devices.ts'
import type { PromiseBook } from '../promises.ts'
import { makeMemoryDisk } from '../memory/log-store.ts'
import type { MemoryDisk } from '../memory/log-store.ts'

export interface Member extends Device {
  readonly id: DeviceId
  readonly user: UserId
  readonly disk: MemoryDisk
  /** A look at the disk from outside. */
  readonly store: LogStore
  /** How often its replica has noted this event. */
  heard(event: string): number
  /** What signs in this device's name. */
  signingKey(): Promise<SigningKey>
}

export type MemberParts = NonNullable<DeviceOptions['parts']>

/** What this relay says is no promise, and may be no frame. */
const deaf: PromiseBook = { envelopes: [], entries: [], socket: () => ({ sent: () => undefined, received: () => undefined }) }
const quiet = { connected: () => undefined, frame: () => undefined }
const maxRows = 1000

export interface MemberOptions {
  readonly name: string
  readonly parts: MemberParts
  readonly disk?: MemoryDisk
  readonly offline?: boolean
}

/** A device over a disk of its own; who it is can be asked once it has an account. */
export async function openMember({ name, parts, disk = makeMemoryDisk(), offline = false }: MemberOptions): Promise<Member> {
  const suite = parts.suite ?? webCryptoSuite(systemRandom)
  const counts = new Map<string, number>()
  const log = (event: string): void => void counts.set(event, (counts.get(event) ?? 0) + 1)
  const device = await openDevice({
    name,
    book: deaf,
    events: quiet,
    offline,
    parts: { ...parts, suite, store: disk.open(), log },
  })
  const store = disk.open()
  let account = await readAccount(store)
  const stop = store.watch((change) => {
    if ('collection' in change && change.collection === 'account') void readAccount(store).then((read) => (account = read ?? account))
  })
  const known = (): StoredAccount => {
    if (!account) throw new Error(`${name} has no account`)
    return account
  }
  return {
    ...device,
    disk,
    store,
    get id() {
      return known().signingPublicKey
    },
    get user() {
      return known().user
    },
    heard: (event) => counts.get(event) ?? 0,
    signingKey: async () => suite.signingKeyFromSeed(bytesOf(known().signingSeed)),
    close: async () => {
      stop()
      await device.close()
    },
  }
}

/** As `packages/replica` keeps it. */
export interface StoredAccount {
  readonly user: UserId
  readonly signingPublicKey: DeviceId
  readonly signingSeed: string
}

function bytesOf(hex: string): Bytes {
  return copyBytes(Buffer.from(hex, 'hex'))
}

export async function readAccount(store: LogStore): Promise<StoredAccount | null> {
  const bytes = await store.getRecord('account', 'self')
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as StoredAccount)
}

/** The chain of one device in a channel, as this member holds it. */
export async function rowsOf({ store }: Member, topic: TopicId, device: DeviceId): Promise<readonly LogRow[]> {
  return store.read(topic, device, 1, maxRows)
}

/** How long the chain of a device is there. */
export async function endOf({ store }: Member, topic: TopicId, device: DeviceId): Promise<number> {
  return (await store.heads(topic)).find((head) => head.device === device)?.seq ?? 0
}

/** The records of the membership log, as this member holds it. */
export async function recordsOf({ store }: Member): Promise<readonly Bytes[]> {
  return (await store.listRecords('log')).map(({ value }) => value)
}

/** What a member reads in a conversation, in its order. */
export function shownIn({ replica }: Member, id: ConversationId): readonly string[] {
  return replica
    .conversation(id)
    .read()
    .messages.map(({ authorName, text }) => `${authorName}: ${text}`)
}

/** Whether an envelope names this member's device as its author. */
export function isBy(author: Member, { envelope }: { readonly envelope: Bytes }): boolean {
  const decoded = decodeEnvelope(envelope)
  return decoded.ok && decoded.value.header.deviceIndex === deviceIndexOf(author.id)
}
