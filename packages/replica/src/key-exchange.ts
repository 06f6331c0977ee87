/** Epoch keys on their way: opening those sealed to this user, sealing those that others need. */
import { makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes, EpochId, UserId } from '@poruch/base'
import { openSealedKey, sealEpochKey, unwrapPreviousKeys } from '@poruch/identity'
import { verifySealedKey } from '@poruch/identity/fold'
import type { EpochInfo, MemberInfo } from '@poruch/identity/fold'
import type { Account } from './account.ts'
import type { EpochKeys } from './epoch-keys.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import { collections } from './records.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface KeyExchange {
  /** Takes a sealed key from relay or peer; true when it opened something new. */
  receive(record: Bytes): Promise<boolean>
  /** The newest epoch whose key is missing here, or null. */
  missing(): EpochId | null
  /** The epochs whose keys open all that are held here: the newest, and those that it does not lead back to. */
  toHandOn(): Promise<readonly EpochId[]>
  /** The epoch's key sealed to a present reader, or null when it cannot be made here. */
  sealFor(epoch: EpochId, user: UserId): Promise<Bytes | null>
  /**
   * The writes that note whom an epoch must still be sealed to; they go into the store before the proposal leaves. `pos` is where the
   * proposal would stand: once something else does, nothing is owed.
   */
  owe(epoch: EpochId, users: readonly UserId[], pos: number): Parameters<ReplicaPorts['store']['putRecords']>[0]
  /** Seals what is owed, and what no later epoch leads back to, hands each record over and forgets it once that was taken or refused for good. */
  settle(put: (record: Bytes) => Promise<void>): Promise<void>
}

/** See `KeyExchange.owe`. */
export const debtsOf: KeyExchange['owe'] = (epoch, users, pos) =>
  users.map((user) => ({ collection: collections.toSeal, key: `${epoch}/${user}`, value: makeByteWriter().u32(pos).done() }))

/** Whom this device seals a key to that it has: everybody else, and the own user where that has more devices. */
export function othersOf(readers: readonly MemberInfo[], { user, device }: Account): readonly UserId[] {
  return readers.filter((reader) => reader.user !== user || reader.devices.some((each) => each !== device)).map((reader) => reader.user)
}

export interface KeyExchangeOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly log: WorkspaceLog
  readonly keys: EpochKeys
}

export function makeKeyExchange({ ports, account, log, keys }: KeyExchangeOptions): KeyExchange {
  const { suite, store } = ports
  const epochById = (id: EpochId): EpochInfo | null => log.fold.epochs().find((epoch) => epoch.id === id) ?? null

  /** A key opens all earlier ones that are wrapped under it. */
  const withEarlier = async ({ gen }: EpochInfo, key: Bytes): Promise<{ epoch: EpochId; key: Bytes }[]> => {
    const epochs = log.fold.epochs()
    const found = await unwrapPreviousKeys({ suite, scope: log.scope, epochs, gen, key })
    return epochs.flatMap((epoch) => {
      const known = found.get(epoch.gen)
      return known ? [{ epoch: epoch.id, key: known }] : []
    })
  }

  const sealFor: KeyExchange['sealFor'] = async (epoch, user) => {
    const key = keys.get(epoch)
    const reader = log.fold.member(user)
    if (!key || !reader || !epochById(epoch)) return null
    return sealEpochKey({ suite, device: account.signingKey, scope: log.scope, epoch, key, reader })
  }

  /** O(generations), once for each key and epoch that is new. */
  const findToHandOn = async (epochs: readonly EpochInfo[]): Promise<EpochId[]> => {
    const found: EpochId[] = []
    const reached = new Set<EpochId>()
    for (const epoch of epochs.toReversed()) {
      const key = keys.get(epoch.id)
      if (found.length === 0 || (key && !reached.has(epoch.id))) found.push(epoch.id)
      if (key && !reached.has(epoch.id)) for (const { epoch: id } of await withEarlier(epoch, key)) reached.add(id)
    }
    return found
  }
  let handOn: { readonly of: string; readonly found: Promise<EpochId[]> } | null = null
  const toHandOn: KeyExchange['toHandOn'] = async () => {
    const epochs = log.fold.epochs()
    if (log.fold.historyPolicy() !== 'full') return epochs.slice(-1).map(({ id }) => id)
    const of = `${epochs.at(-1)?.id} ${epochs.filter(({ id }) => keys.get(id)).length}`
    if (handOn?.of !== of) handOn = { of, found: findToHandOn(epochs) }
    return handOn.found
  }

  const exchange: KeyExchange = {
    sealFor,
    toHandOn,
    receive: async (record) => {
      // Whoever sealed it, and when: the epoch's commitment says whether the key is right.
      const judged = await verifySealedKey(suite, log.fold, { bytes: record, stored: true })
      if (!judged.ok || judged.value.user !== account.user || keys.get(judged.value.epoch)) return false
      const epoch = epochById(judged.value.epoch)
      const key =
        epoch && (await openSealedKey({ suite, sealed: judged.value, keyCommitment: epoch.keyCommitment, pukSeeds: account.pukSeeds }))
      if (!epoch || !key) {
        ports.log?.('epoch-fault', { gen: epoch?.gen ?? -1 })
        return false
      }
      await keys.put(await withEarlier(epoch, key))
      return true
    },
    missing: () => log.fold.epochs().findLast((epoch) => keys.get(epoch.id) === null)?.id ?? null,
    owe: debtsOf,
    settle: async (put) => {
      await oweSkipped()
      for (const { key, value } of await store.listRecords(collections.toSeal)) {
        const [epoch, user] = key.split('/') as [EpochId, UserId]
        const record = await sealFor(epoch, user)
        const isStale = !record && log.nextPos() > makeByteReader(value).u32() && !(epochById(epoch) && log.fold.member(user))
        if (!record && !isStale) continue
        if (record && !(await putOrGiveUp(put, record))) continue
        await store.putRecords([{ collection: collections.toSeal, key, value: null }])
      }
    },
  }
  return exchange

  /** An epoch that a later one does not lead back to: whoever has its key hands it to the present members, once. */
  async function oweSkipped(): Promise<void> {
    // Else it is on its way, and may lead back to all.
    if (exchange.missing() === log.fold.epochs().at(-1)?.id) return
    const others = othersOf(log.fold.members(), account)
    for (const epoch of (await toHandOn()).slice(1)) {
      if (await store.getRecord(collections.handedOn, epoch)) continue
      const done = { collection: collections.handedOn, key: epoch, value: Uint8Array.of(1) }
      await store.putRecords([done, ...debtsOf(epoch, others, log.nextPos())])
    }
  }

  /**
   * A record that the relay refuses must not keep those behind it from leaving. False when it is owed still: its reader has a newer
   * per-user key than the log here says yet. @throws ReplicaError `not-online`
   */
  async function putOrGiveUp(put: (record: Bytes) => Promise<void>, record: Bytes): Promise<boolean> {
    try {
      await put(record)
    } catch (thrown) {
      if (!(thrown instanceof ReplicaError) || thrown.code !== 'refused') throw thrown
      ports.log?.('key-refused', { reason: thrown.reason ?? '' })
      return thrown.reason !== 'bad-generation'
    }
    return true
  }
}
