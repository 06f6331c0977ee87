/** 1:1 chats: their implied scopes, and each device's own chain of epochs. */
import { makeEmitter, makeSerial } from '@poruch/base'
import type { Bytes, EpochId, ScopeId, UserId } from '@poruch/base'
import { createDirectEpoch, openDirectEpoch } from '@poruch/identity'
import { directChain, directScopeId, directTopicPrefix, followsDirect, verifyDirectEpoch } from '@poruch/identity/fold'
import type { TopicAuthority, VerifiedDirectEpoch } from '@poruch/identity/fold'
import type { Account } from './account.ts'
import type { EpochKeys } from './epoch-keys.ts'
import type { ReplicaPorts } from './ports.ts'
import { collections, positionKey } from './records.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface DirectChats {
  /** The topic prefix of the chat with this member. */
  prefixOf(other: UserId): string | null
  /** The other member of the chat with this prefix, or null. */
  otherOf(prefix: string): UserId | null
  /** Members have changed: makes the prefixes of new ones known. */
  refresh(): Promise<void>
  /** The epoch that this device writes under, made and kept when there is none yet. */
  ensureOwn(other: UserId): Promise<void>
  newestOwn(prefix: string): { readonly gen: number; readonly id: EpochId } | null
  /** Takes a record from relay or peer; false when it is of no use here. */
  receive(record: Bytes): Promise<boolean>
  /** The records of both sides of a chat, each chain's oldest first. */
  records(other: UserId): readonly Bytes[]
  /** Takes in what another tab has written to the store. */
  reload(): Promise<void>
  /** Chats in which at least one epoch is known; the same list for as long as they are the same. */
  opened(): readonly UserId[]
  /** Hears the other member when a record of the chat was added. */
  onAdded(listener: (other: UserId) => void): () => void
}

/** Names a record of a 1:1 chat in its collection. */
export function directKey(epoch: Pick<VerifiedDirectEpoch, 'author' | 'other' | 'device' | 'gen'>): string {
  const { author, other, gen } = epoch
  const chain = directChain(epoch)
  return `${author}/${other}/${positionKey(gen)}${chain === author ? '' : `/${chain}`}`
}

interface Known {
  readonly record: Bytes
  readonly epoch: VerifiedDirectEpoch
}

export interface DirectChatsOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly log: WorkspaceLog
  readonly topics: TopicAuthority
  readonly keys: EpochKeys
}

export async function openDirectChats(options: DirectChatsOptions): Promise<DirectChats> {
  const { ports, account, log, topics, keys } = options
  const { suite, store } = ports
  const prefixes = new Map<UserId, string>()
  const others = new Map<string, UserId>()
  /** Author | other → chain → epochs, in order. */
  const sides = new Map<string, Map<string, Known[]>>()
  /** Names of those that are known. */
  const names = new Set<string>()
  const added = makeEmitter<UserId>()
  /** As `opened` answers: null when it is to be looked up again. */
  let begun: readonly UserId[] | null = null
  const serial = makeSerial()

  const chainOf = ({ author, other }: Pick<VerifiedDirectEpoch, 'author' | 'other'>, chain: string): Known[] => {
    const key = `${author}/${other}`
    const side = sides.get(key) ?? new Map<string, Known[]>()
    const known = side.get(chain) ?? []
    sides.set(key, side)
    side.set(chain, known)
    return known
  }
  const newestOwn = (other: UserId): VerifiedDirectEpoch | null =>
    sides.get(`${account.user}/${other}`)?.get(account.device)?.at(-1)?.epoch ?? null
  const otherIn = (epoch: VerifiedDirectEpoch): UserId => (epoch.author === account.user ? epoch.other : epoch.author)

  const accept = async (record: Bytes, stored: boolean): Promise<boolean> => {
    // Of a device that has ended, too: only what that device wrote is sealed under it.
    const judged = await verifyDirectEpoch(suite, log.fold, { bytes: record, stored: true })
    if (!judged.ok) return false
    const epoch = judged.value
    if (epoch.author !== account.user && epoch.other !== account.user) return false
    const chain = chainOf(epoch, directChain(epoch))
    if (!followsDirect(epoch, chain.at(-1)?.epoch ?? null)) return false
    const key = keys.get(epoch.id) ?? (await openDirectEpoch({ suite, epoch, user: account.user, pukSeeds: account.pukSeeds }))
    if (!key) return false
    if (!stored) {
      const collection = collections.directEpochs
      await store.putRecords([{ collection, key: directKey(epoch), value: record }])
    }
    await keys.put([{ epoch: epoch.id, key }])
    chain.push({ record, epoch })
    names.add(directKey(epoch))
    begun = null
    topics.addDirectEpoch({ ...epoch, topicPrefix: await directTopicPrefix(suite, epoch.scope) })
    added.emit(otherIn(epoch))
    return true
  }

  const refresh = async (): Promise<void> => {
    for (const { user } of log.fold.members()) {
      if (user === account.user || prefixes.has(user)) continue
      const scope: ScopeId = await directScopeId(suite, log.scope, [account.user, user])
      const prefix = await directTopicPrefix(suite, scope)
      prefixes.set(user, prefix)
      begun = null
      others.set(prefix, user)
    }
  }

  const reload = async (): Promise<void> => {
    for (const { key, value } of await store.listRecords(collections.directEpochs)) {
      if (!names.has(key)) await accept(value, true)
    }
  }
  await refresh()
  await reload()

  const recordsOf = (other: UserId): readonly Bytes[] =>
    [`${account.user}/${other}`, `${other}/${account.user}`].flatMap((key) =>
      [...(sides.get(key)?.values() ?? [])].flatMap((chain) => chain.map(({ record }) => record)),
    )

  return {
    prefixOf: (other) => prefixes.get(other) ?? null,
    otherOf: (prefix) => others.get(prefix) ?? null,
    refresh,
    ensureOwn: async (other) =>
      serial.run(async () => {
        const member = log.fold.member(other)
        const self = log.fold.member(account.user)
        if (!member || !self) return
        const newest = newestOwn(other)
        const key = newest && keys.get(newest.id)
        // Sealed to what both have now: somebody may hold their older per-user keys.
        const isCurrent = newest?.seals.every(({ user, pukGen }) => (user === other ? member : self).puk.gen === pukGen)
        if (isCurrent || (newest && !key)) return
        const made = await createDirectEpoch({
          suite,
          random: ports.random,
          device: account.signingKey,
          workspace: log.scope,
          author: self,
          other: member,
          previous: newest && key ? { id: newest.id, gen: newest.gen, key } : null,
        })
        await accept(made.bytes, false)
      }),
    newestOwn: (prefix) => {
      const other = others.get(prefix)
      const epoch = other && newestOwn(other)
      return epoch ? { gen: epoch.gen, id: epoch.id } : null
    },
    receive: async (record) => serial.run(async () => accept(record, false)),
    records: recordsOf,
    reload: async () => serial.run(reload),
    opened: () => (begun ??= [...prefixes.keys()].filter((other) => recordsOf(other).length > 0)),
    onAdded: added.subscribe,
  }
}
