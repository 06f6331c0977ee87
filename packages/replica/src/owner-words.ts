/** Changes of owners that need several of them: each gives a signed word in the directory, and who sees enough of them orders the change. */
import { parseHex, toHex } from '@poruch/base'
import type { UserId } from '@poruch/base'
import { approve, draftSetRole } from '@poruch/identity'
import { isApproval, roles } from '@poruch/identity/fold'
import type { Approval, Role } from '@poruch/identity/fold'
import type { Account } from './account.ts'
import type { Agreement, OwnerChange, RoleName } from './api.ts'
import type { WorkspaceDirectory } from './directory.ts'
import { ReplicaError } from './errors.ts'
import type { MemberDevice } from './member-device.ts'
import type { NameWriter } from './own-names.ts'
import type { ReplicaPorts } from './ports.ts'
import type { Change, Proposals } from './proposals.ts'
import { makeSignedWords, withdrawn } from './signed-words.ts'
import type { Word } from './signed-words.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface OwnerWords {
  /** Those that wait for more owners, oldest device first. */
  waiting(): readonly (OwnerChange & Agreement)[]
  /** See Replica. */
  agree(change: OwnerChange): Promise<'ordered' | 'waiting'>
  withdraw(change: OwnerChange): Promise<void>
  /** Directory or log have changed. */
  look(): void
  close(): void
}

/** The longest of the waits before a change with enough words is ordered, which differ, so that seldom two do. */
const spreadMs = 3000
const roleNumbers: Readonly<Record<RoleName, Role>> = { viewer: 1, commenter: 2, editor: 3, admin: 4, owner: 5 }
const roleNames = ['viewer', 'viewer', 'commenter', 'editor', 'admin', 'owner'] as const

interface Parts extends Pick<MemberDevice, 'chainEnds'> {
  readonly ports: Pick<ReplicaPorts, 'suite' | 'clock' | 'random' | 'log'>
  readonly account: Pick<Account, 'user' | 'device' | 'signingKey'>
  readonly log: Pick<WorkspaceLog, 'fold' | 'scope'>
  readonly directory: Pick<WorkspaceDirectory, 'read'>
  readonly proposals: Pick<Proposals, 'make'>
}

export function makeOwnerWords(
  { ports, account, log, directory, proposals, chainEnds }: Parts,
  names: Pick<NameWriter, 'set'>,
  onChange: () => void,
): OwnerWords {
  const { suite } = ports
  const { fold } = log
  let cancel: (() => void) | null = null
  const owners = (): readonly UserId[] => fold.members().flatMap(({ user, role }) => (role === roles.owner ? [user] : []))
  const keyOf = ({ user, role }: OwnerChange): `owner/${string}` => `owner/${fold.ownerTerm()}/${user}/${roleNumbers[role]}`
  const roleOf = (user: UserId): Role => fold.member(user)?.role ?? roles.none
  /** Those of the present term. */
  const good = makeSignedWords<OwnerChange>({
    log,
    directory,
    read: ({ key }) => (key.startsWith(`owner/${fold.ownerTerm()}/`) ? changeIn(key) : null),
    verify: async ({ user, role }, { device, value }) => {
      const change = { scope: log.scope, ownerTerm: fold.ownerTerm(), user, role: roleNumbers[role] }
      return isApproval(suite, change, { device, sig: parseHex(value) ?? new Uint8Array(0) })
    },
    onVerified: () => {
      look()
      onChange()
    },
  })
  const othersFor = (key: string): readonly Word<OwnerChange>[] => good().filter((word) => word.key === key && word.owner !== account.user)
  const isEnough = (words: readonly Word<OwnerChange>[]): boolean =>
    2 * (new Set(words.map(({ owner }) => owner)).size + 1) > owners().length
  const isOpen = ({ user, role }: OwnerChange): boolean => roleOf(user) > roles.none && roleOf(user) !== roleNumbers[role]
  /** Null when it has been made, or there are not enough words for it any more. */
  const build = async (change: OwnerChange, key: string): Promise<Change | null> => {
    const words = othersFor(key)
    if (key !== keyOf(change) || !isOpen(change) || !isEnough(words)) return null
    const role = roleNumbers[change.role]
    const lowers = role < roleOf(change.user)
    const cuts = lowers ? await chainEnds(new Set(fold.member(change.user)?.devices ?? [])) : null
    const firsts = new Map(words.map((word) => [word.owner, word]))
    const approvals = [...firsts.values()].map(({ device, value }): Approval => ({ device, sig: parseHex(value) ?? new Uint8Array(0) }))
    return { drafts: [await draftSetRole(suite, { user: change.user, role, cuts, approvals })] }
  }
  const order = async (change: OwnerChange, key: string): Promise<void> => proposals.make(async () => build(change, key))
  /** Changes with this device's own word and enough others'. */
  const ready = (): readonly OwnerChange[] =>
    good()
      .filter(({ owner, key }) => owner === account.user && isEnough(othersFor(key)))
      .map(({ what }) => what)
      .filter(isOpen)
  const look = (): void => {
    if (cancel || ready().length === 0) return
    cancel = ports.clock.after(((ports.random.bytes(1)[0] ?? 0) / 256) * spreadMs, () => {
      cancel = null
      for (const change of ready())
        order(change, keyOf(change)).catch((thrown: unknown) => ports.log?.('owners-not-changed', { error: String(thrown) }))
    })
  }
  const check = ({ user, role }: OwnerChange): void => {
    const refuse = (reason: string): never => {
      throw new ReplicaError('refused', 'the owners cannot be changed so', { reason })
    }
    if (roleOf(account.user) !== roles.owner) refuse('no-right')
    if (roleOf(user) === roles.none) refuse('not-member')
    if (roleOf(user) === roleNumbers[role]) refuse('no-change')
    if (roleOf(user) === roles.owner && owners().length === 1) refuse('last-owner')
  }
  return {
    waiting: () => {
      const byKey = Map.groupBy(good(), ({ key }) => key)
      const needed = Math.floor(owners().length / 2) + 1
      return [...byKey]
        .map(([key, words]) => ({ ...changeIn(key), by: [...new Set(words.map(({ owner }) => owner))], needed }))
        .filter(isOpen)
    },
    agree: async (change) => {
      check(change)
      const key = keyOf(change)
      const isOfOwners = change.role === 'owner' || roleOf(change.user) === roles.owner
      if (!isOfOwners) throw new ReplicaError('refused', 'no owner is made or unmade', { reason: 'no-owner' })
      if (isEnough(othersFor(key))) {
        await order(change, key)
        return 'ordered'
      }
      const own = { scope: log.scope, ownerTerm: fold.ownerTerm(), user: change.user, role: roleNumbers[change.role] }
      await names.set(key, toHex((await approve(suite, account.signingKey, own)).sig))
      return 'waiting'
    },
    withdraw: async (change) => names.set(keyOf(change), withdrawn),
    look,
    close: () => {
      cancel?.()
    },
  }
}

function changeIn(key: string): OwnerChange {
  const [, , user, role] = key.split('/')
  return { user: user as UserId, role: roleNames[Number(role) as 1 | 2 | 3 | 4 | 5] }
}
