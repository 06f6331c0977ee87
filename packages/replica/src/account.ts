/** Who this device is: its user, its keys, and where it stands on its way into a workspace. */
import { idFromBytes, parseHex, toHex } from '@poruch/base'
import type { Bytes, DeviceId, EpochId, ScopeId, UserId } from '@poruch/base'
import type { HpkeKey, SigningKey, Suite } from '@poruch/crypto'
import { createIdentity } from '@poruch/identity'
import type { Identity } from '@poruch/identity'
import type { LogStore } from '@poruch/sync'
import { wordsRecord } from './kept-words.ts'
import type { OlderKeys, ReplicaPorts } from './ports.ts'
import { collections, jsonBytes, positionKey, readJson } from './records.ts'

export interface Account {
  readonly user: UserId
  readonly device: DeviceId
  /** The user's whole log: entries from its root on. */
  readonly userLog: readonly Bytes[]
  readonly signingKey: SigningKey
  readonly hpkeKey: HpkeKey
  /** Raw, because noise needs it so. */
  readonly transportSeed: Bytes
  /** The per-user key's seeds by generation; it grows. */
  readonly pukSeeds: Map<number, Bytes>
}

/** What survives a restart of the way in. Secrets in it are gone as soon as they have served. */
export type StoredPhase =
  | {
      readonly name: 'creating'
      readonly origin: string
      /** Hexadecimal, as all bytes here. */
      readonly setupSecret: string
      readonly founding: {
        readonly scope: ScopeId
        readonly records: readonly string[]
        readonly epoch: EpochId
        readonly key: string
      } | null
      /** The founding may have been ordered: its founder comes back as a member. */
      readonly sent: boolean
    }
  | { readonly name: 'requesting'; readonly origin: string; readonly link: string; readonly displayName: string }
  /** The device's pin has been, or may have been, proposed. */
  | { readonly name: 'recovering'; readonly origin: string; readonly scope: ScopeId }
  | { readonly name: 'member'; readonly origin: string; readonly scope: ScopeId }

/** What the founder chose, until the directory holds it. */
export interface OwnNames {
  readonly workspace: string
  readonly channel: string
  readonly display: string
}

// Names of earlier versions, which kept handles and no seeds.
const signingKeyName = (publicKey: string): string => `device-signing/${publicKey}`
const hpkeKeyName = (publicKey: string): string => `device-hpke/${publicKey}`

interface StoredAccount {
  readonly user: UserId
  readonly userLog: readonly string[]
  readonly signingPublicKey: string
  readonly hpkePublicKey: string
  /** Absent in an account of an earlier version. */
  readonly signingSeed?: string
  readonly hpkeSeed?: string
  readonly transportSeed: string
  /** By generation. */
  readonly pukSeeds: readonly (readonly [number, string])[]
}

/** Makes a user with this as the first device, durable when it resolves, with the words until they are written down. */
export async function createAccount(
  ports: Pick<ReplicaPorts, 'suite' | 'random' | 'store'>,
): Promise<{ account: Account; words: readonly string[] }> {
  const identity = await createIdentity({ suite: ports.suite, random: ports.random })
  await ports.store.putRecords([accountRecord(identity), wordsRecord(identity.words)])
  return { account: accountOf(identity), words: identity.words }
}

export function accountOf(identity: Identity): Account {
  return {
    user: identity.userId,
    device: idFromBytes<'device'>(identity.device.publicKey),
    userLog: identity.userLog,
    signingKey: identity.device,
    hpkeKey: identity.hpke,
    transportSeed: identity.transportSeed,
    pukSeeds: new Map(identity.pukSeeds),
  }
}

/** What keeps a later generation of the per-user key over restarts. */
export function pukRecord(gen: number, seed: Bytes): { readonly collection: string; readonly key: string; readonly value: Bytes } {
  return { collection: collections.puk, key: positionKey(gen), value: seed }
}

export async function storedPukSeeds(store: LogStore): Promise<(readonly [number, Bytes])[]> {
  return (await store.listRecords(collections.puk)).map(({ key, value }) => [Number(key), value])
}

/** What keeps the account of an identity over restarts. */
export function accountRecord(identity: Identity): { readonly collection: string; readonly key: string; readonly value: Bytes } {
  const stored: StoredAccount = {
    user: identity.userId,
    userLog: identity.userLog.map(toHex),
    signingPublicKey: toHex(identity.device.publicKey),
    hpkePublicKey: toHex(identity.hpke.publicKey),
    signingSeed: toHex(identity.seeds.device),
    hpkeSeed: toHex(identity.seeds.hpke),
    transportSeed: toHex(identity.transportSeed),
    pukSeeds: [...identity.pukSeeds].map(([gen, seed]) => [gen, toHex(seed)]),
  }
  return { collection: collections.account, key: 'self', value: jsonBytes(stored) }
}

/** The account of this device, or null on a blank one. */
export async function loadAccount({
  store,
  suite,
  olderKeys,
}: Pick<ReplicaPorts, 'store' | 'suite' | 'olderKeys'>): Promise<Account | null> {
  const stored = (await readJson(store, collections.account, 'self')) as StoredAccount | null
  const keys = stored && ((await keysFromSeeds(suite, stored)) ?? (olderKeys && (await keysFromHandles(olderKeys, stored))))
  if (!keys) return null
  return {
    user: stored.user,
    device: stored.signingPublicKey as DeviceId,
    userLog: stored.userLog.map(bytesOf),
    ...keys,
    transportSeed: bytesOf(stored.transportSeed),
    pukSeeds: new Map([...stored.pukSeeds.map(([gen, seed]) => [gen, bytesOf(seed)] as const), ...(await storedPukSeeds(store))]),
  }
}

type OwnKeys = Pick<Account, 'signingKey' | 'hpkeKey'>

async function keysFromSeeds(suite: Suite, { signingSeed, hpkeSeed }: StoredAccount): Promise<OwnKeys | null> {
  if (signingSeed === undefined || hpkeSeed === undefined) return null
  const [signingKey, hpkeKey] = await Promise.all([
    suite.signingKeyFromSeed(bytesOf(signingSeed)),
    suite.hpkeKeyFromSeed(bytesOf(hpkeSeed)),
  ])
  return { signingKey, hpkeKey }
}

async function keysFromHandles(keys: OlderKeys, { signingPublicKey, hpkePublicKey }: StoredAccount): Promise<OwnKeys | null> {
  const [signing, hpke] = [await keys.loadKey(signingKeyName(signingPublicKey)), await keys.loadKey(hpkeKeyName(hpkePublicKey))]
  if (signing === null || hpke === null) return null
  return {
    signingKey: { publicKey: bytesOf(signingPublicKey), handle: signing },
    hpkeKey: { publicKey: bytesOf(hpkePublicKey), handle: hpke },
  }
}

export async function loadPhase(store: LogStore): Promise<StoredPhase | null> {
  return (await readJson(store, collections.account, 'phase')) as StoredPhase | null
}

/** What keeps over restarts where the device stands. */
export function phaseRecord(phase: StoredPhase | null): {
  readonly collection: string
  readonly key: string
  readonly value: Bytes | null
} {
  return { collection: collections.account, key: 'phase', value: phase && jsonBytes(phase) }
}

export async function savePhase(store: LogStore, phase: StoredPhase | null): Promise<void> {
  await store.putRecords([phaseRecord(phase)])
}

function bytesOf(hex: string): Bytes {
  const bytes = parseHex(hex)
  if (!bytes) throw new TypeError('the stored account is not readable')
  return bytes
}
