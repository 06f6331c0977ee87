/** Changes of owners that need several of them: each gives a signed word in the directory, and who sees enough of them orders the change. */
import { parseHex, toHex } from '@poruch/base'
import type { DeviceId, UserId } from '@poruch/base'
import { approve, draftSetRole } from '@poruch/identity'
import { isApproval, roles } from '@poruch/identity/fold'
import type { Approval, Role } from '@poruch/identity/fold'
import type { Account } from './account.ts'
import type { OwnerChange, OwnerProposal, RoleName } from './api.ts'
import type { WorkspaceDirectory } from './directory.ts'
import { ReplicaError } from './errors.ts'
import type { MemberDevice } from './member-device.ts'
import type { NameWriter } from './own-names.ts'
import type { ReplicaPorts } from './ports.ts'
import type { Change, Proposals } from './proposals.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface OwnerWords {
  /** Those that wait for more owners, oldest device first. */
  waiting(): readonly OwnerProposal[]
  /** See Replica. */
  agree(change: OwnerChange): Promise<'ordered' | 'waiting'>
  withdraw(change: OwnerChange): Promise<void>
  /** Directory or log have changed. */
  look(): void
  close(): void
}

/** Words of one device that are looked at: whoever proposes more at once is not heard. */
const maxWordsOfDevice = 16
/** Words whose signature is remembered; more than that are checked again. */
const maxVerified = 1_024
/** The longest of the waits before a change with enough words is ordered, which differ, so that seldom two do. */
const spreadMs = 3000
/** In the place of a signature. */
const withdrawn = '-'
const roleNumbers: Readonly<Record<RoleName, Role>> = { viewer: 1, commenter: 2, editor: 3, admin: 4, owner: 5 }
const roleNames = ['viewer', 'viewer', 'commenter', 'editor', 'admin', 'owner'] as const

interface Word {
  readonly key: string
  readonly device: DeviceId
  readonly owner: UserId
  readonly sig: string
}

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
  /** By the word: null while it is being verified. */
  const verified = new Map<string, boolean | null>()
  let cancel: (() => void) | null = null
  const owners = (): readonly UserId[] => fold.members().flatMap(({ user, role }) => (role === roles.owner ? [user] : []))
  const keyOf = ({ user, role }: OwnerChange): `owner/${string}` => `owner/${fold.ownerTerm()}/${user}/${roleNumbers[role]}`
  const roleOf = (user: UserId): Role => fold.member(user)?.role ?? roles.none
  /** Of present owners, in the present term, signed; what is not verified yet is, and told then. */
  const good = (): readonly Word[] => {
    const counts = new Map<DeviceId, number>()
    return directory.read().words.flatMap(({ key, device, value }): Word[] => {
      const [, term, user, role] = key.split('/')
      const owner = fold.userOf(device, fold.head()?.pos ?? 0)
      const count = (counts.get(device) ?? 0) + 1
      if (Number(term) !== fold.ownerTerm() || !owner || roleOf(owner) !== roles.owner || value === withdrawn || count > maxWordsOfDevice)
        return []
      counts.set(device, count)
      const name = `${key} ${device} ${value}`
      const isGood = verified.get(name)
      if (isGood === undefined) verify(name, { device, value, user: user as UserId, role: Number(role) as Role })
      return isGood ? [{ key, device, owner, sig: value }] : []
    })
  }
  const verify = (name: string, word: { device: DeviceId; value: string; user: UserId; role: Role }): void => {
    if (verified.size >= maxVerified) verified.clear()
    verified.set(name, null)
    const change = { scope: log.scope, ownerTerm: fold.ownerTerm(), user: word.user, role: word.role }
    const approval = { device: word.device, sig: parseHex(word.value) ?? new Uint8Array(0) }
    void isApproval(suite, change, approval).then((isGood) => {
      verified.set(name, isGood)
      look()
      onChange()
    })
  }
  const othersFor = (key: string): readonly Word[] => good().filter((word) => word.key === key && word.owner !== account.user)
  const isEnough = (words: readonly Word[]): boolean => 2 * (new Set(words.map(({ owner }) => owner)).size + 1) > owners().length
  const isOpen = ({ user, role }: OwnerChange): boolean => roleOf(user) > roles.none && roleOf(user) !== roleNumbers[role]
  /** Null when it has been made, or there are not enough words for it any more. */
  const build = async (change: OwnerChange, key: string): Promise<Change | null> => {
    const words = othersFor(key)
    if (key !== keyOf(change) || !isOpen(change) || !isEnough(words)) return null
    const role = roleNumbers[change.role]
    const lowers = role < roleOf(change.user)
    const cuts = lowers ? await chainEnds(new Set(fold.member(change.user)?.devices ?? [])) : null
    const firsts = new Map(words.map((word) => [word.owner, word]))
    const approvals = [...firsts.values()].map(({ device, sig }): Approval => ({ device, sig: parseHex(sig) ?? new Uint8Array(0) }))
    return { drafts: [await draftSetRole(suite, { user: change.user, role, cuts, approvals })] }
  }
  const order = async (change: OwnerChange, key: string): Promise<void> => proposals.make(async () => build(change, key))
  /** Changes with this device's own word and enough others'. */
  const ready = (): readonly OwnerChange[] =>
    good()
      .filter(({ owner, key }) => owner === account.user && isEnough(othersFor(key)))
      .map(({ key }) => changeIn(key))
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
