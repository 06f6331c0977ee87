/** Changes of membership as a person orders them, each as the entries that it takes. */
import type { DeviceId, EnvelopeId, EpochId, InvitationId, TopicId, UserId } from '@poruch/base'
import {
  createEpoch,
  createInvitationLink,
  draftAddDoc,
  draftAdmitLate,
  draftAdmitRequest,
  draftCreateInvitation,
  draftLeave,
  draftRemove,
  draftRevokeInvitation,
  invitationKeys,
  newInvitationSecret,
  newPrefix,
} from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { docKinds, roles } from '@poruch/identity/fold'
import type { CutRow, MemberInfo, ScopeFold, VerifiedJoinRequest } from '@poruch/identity/fold'
import { encodeUtf8, parseUtf8 } from '@poruch/base'
import type { LogStore } from '@poruch/sync'
import type { Account } from './account.ts'
import type { EpochKeys } from './epoch-keys.ts'
import { othersOf } from './key-exchange.ts'
import type { KeyExchange } from './key-exchange.ts'
import type { ReplicaPorts } from './ports.ts'
import type { Change, Proposals } from './proposals.ts'
import { collections } from './records.ts'

export interface Membership {
  createInvitation(options: { role: 1 | 2 | 3; expiresAtMs: number; maxUses: number; policy: 'approval' | 'auto' }): Promise<string>
  revokeInvitation(id: InvitationId): Promise<void>
  admit(request: VerifiedJoinRequest): Promise<void>
  remove(user: UserId): Promise<void>
  leave(): Promise<void>
  /** The prefix of the new channel. */
  addChannel(): Promise<string>
  admitLate(late: { device: DeviceId; topic: TopicId; seq: number; envelope: EnvelopeId }): Promise<void>
  /** Opens a new epoch where one is due, or after the one of this generation. */
  rotate(after?: number): Promise<void>
  /** Opens one after the newest, whose key nobody hands out: it leads back to the newest that is held here. */
  skip(faulty: EpochId): Promise<void>
}

export interface MembershipOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly origin: string
  readonly fold: ScopeFold
  readonly keys: EpochKeys
  readonly exchange: KeyExchange
  readonly proposals: Proposals
  /** What is known here of the devices' chains in all topics of the workspace. */
  chainEnds(devices: ReadonlySet<DeviceId>): Promise<readonly CutRow[]>
}

/** The link of an invitation that was made on this device, or null. */
export async function readInvitationLink(store: LogStore, id: InvitationId): Promise<string | null> {
  const stored = await store.getRecord(collections.invitations, id)
  return stored && parseUtf8(stored)
}

export function makeMembership(options: MembershipOptions): Membership {
  const { ports, account, fold, keys, exchange, proposals } = options
  const { suite, random, store } = ports
  const single = async (draft: Draft, prepare?: Change['prepare']): Promise<void> =>
    proposals.make(async () => ({ drafts: [draft], ...(prepare ? { prepare } : {}) }))

  return {
    createInvitation: async ({ role, expiresAtMs, maxUses, policy }) => {
      const secret = newInvitationSecret(random)
      const { id } = await invitationKeys(suite, secret)
      const link = createInvitationLink({ origin: options.origin, scope: fold.scope, secret })
      await single(draftCreateInvitation({ invitation: id, role, expiresAtMs, maxUses, policy }), async () =>
        store.putRecords([{ collection: collections.invitations, key: id, value: encodeUtf8(link) }]),
      )
      return link
    },
    revokeInvitation: async (id) => single(draftRevokeInvitation(id)),
    admit: async (request) =>
      proposals.make(async () => {
        if (fold.member(request.user)) return null
        const debts = (await exchange.toHandOn()).flatMap((epoch) => exchange.owe(epoch, [request.user], nextPos(fold)))
        return { drafts: [draftAdmitRequest(request)], prepare: async () => store.putRecords(debts) }
      }),
    remove: async (user) =>
      proposals.make(async () => {
        const gone = fold.member(user)
        if (!gone) return null
        const removal = await draftRemove(suite, user, await options.chainEnds(new Set(gone.devices)))
        const others = fold.members().filter((member) => member.user !== user)
        return withEpoch(options, [removal], others)
      }),
    leave: async () =>
      proposals.make(async () => {
        const self = fold.member(account.user)
        return self && { drafts: [await draftLeave(suite, await options.chainEnds(new Set(self.devices)))] }
      }),
    addChannel: async () => {
      const prefix = newPrefix(random)
      await single(draftAddDoc({ prefix, docKind: docKinds.channel, minWrite: roles.editor, minReact: roles.viewer }))
      return prefix
    },
    admitLate: async (late) => single(draftAdmitLate(late)),
    rotate: async (after) =>
      proposals.make(async () => {
        const isAsked = fold.epochDue() || fold.epochs().at(-1)?.gen === after
        return isAsked ? withEpoch(options, [], fold.members()) : null
      }),
    skip: async (faulty) =>
      proposals.make(async () => {
        const isMissed = fold.epochs().at(-1)?.id === faulty && keys.get(faulty) === null
        const held = fold.epochs().findLast(({ id }) => keys.get(id) !== null)
        return isMissed && held ? withEpoch(options, [], fold.members(), held) : null
      }),
  }
}

/**
 * The drafts and, after them, a new epoch for the readers who are left: key and debts are durable before anything is proposed. `previous`
 * is the epoch that it leads back to: the newest, unless that one's key is not to be had.
 */
export async function withEpoch(
  options: MembershipOptions,
  drafts: readonly Draft[],
  readers: readonly MemberInfo[],
  previous = options.fold.epochs().at(-1),
): Promise<Change | null> {
  const { ports, fold, keys, exchange } = options
  const { suite, random, store } = ports
  const gen = (fold.epochs().at(-1)?.gen ?? -1) + 1
  const wraps = previous !== undefined && fold.historyPolicy() === 'full'
  const previousKey = wraps ? keys.get(previous.id) : null
  // Whoever cannot wrap the key before leaves the epoch to those who can; a removal does not wait for it.
  if (wraps && !previousKey) return drafts.length > 0 ? { drafts } : null
  const epoch = await createEpoch({
    suite,
    random,
    scope: fold.scope,
    gen,
    readers: readers.map(({ user, userLogHead, puk }) => ({ user, userLogHead, pukGen: puk.gen })),
    previousKey,
  })
  const pos = nextPos(fold) + drafts.length
  return {
    drafts: [...drafts, epoch.draft],
    prepare: async (ids) => {
      const id = ids.at(-1) as string as EpochId
      await keys.put([{ epoch: id, key: epoch.key }])
      await store.putRecords(exchange.owe(id, othersOf(readers, options.account), pos))
    },
  }
}

function nextPos(fold: ScopeFold): number {
  return (fold.head()?.pos ?? -1) + 1
}
