/** Epoch keys on their way: opening those sealed to this user, sealing those that others need. */
import { makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes, EpochId, UserId } from '@poruch/base'
import { openSealedKey, sealEpochKey, unwrapPreviousKeys } from '@poruch/identity'
import { verifySealedKey } from '@poruch/identity/fold'
import type { EpochInfo } from '@poruch/identity/fold'
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
  /** The epoch's key sealed to a present reader, or null when it cannot be made here. */
  sealFor(epoch: EpochId, user: UserId): Promise<Bytes | null>
  /**
   * The writes that note whom an epoch must still be sealed to; they go into the store before the proposal leaves. `pos` is where the
   * proposal would stand: once something else does, nothing is owed.
   */
  owe(epoch: EpochId, users: readonly UserId[], pos: number): Parameters<ReplicaPorts['store']['putRecords']>[0]
  /** Seals what is owed, hands each record over and forgets it once that was taken or refused for good. */
  settle(put: (record: Bytes) => Promise<void>): Promise<void>
}

/** See `KeyExchange.owe`. */
export const debtsOf: KeyExchange['owe'] = (epoch, users, pos) =>
  users.map((user) => ({ collection: collections.toSeal, key: `${epoch}/${user}`, value: makeByteWriter().u32(pos).done() }))

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

  return {
    sealFor,
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
