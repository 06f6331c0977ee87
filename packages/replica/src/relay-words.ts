/** Owners' words on who is to order the log: with those of more than half of them one of them takes it over. */
import { equalBytes, parseHex, parseId, toHex } from '@poruch/base'
import type { Bytes, DeviceId, UserId } from '@poruch/base'
import { approveSequencer } from '@poruch/identity'
import { isTakeOverApproval, roles } from '@poruch/identity/fold'
import type { Approval } from '@poruch/identity/fold'
import type { Account } from './account.ts'
import type { Agreement, RelayChange } from './api.ts'
import type { WorkspaceDirectory } from './directory.ts'
import { ReplicaError } from './errors.ts'
import type { NameWriter } from './own-names.ts'
import type { ReplicaPorts } from './ports.ts'
import { makeSignedWords, withdrawn } from './signed-words.ts'
import type { WorkspaceLog } from './workspace-log.ts'

/** What a take-over stands on: the last position that stays, and the other owners' signatures. */
export interface Mandate {
  readonly at: number
  readonly approvals: readonly Approval[]
}

export interface RelayWords {
  waiting(): readonly (RelayChange & Agreement)[]
  /** What this owner's device can take over with; null while too few have agreed. */
  mandate(sequencer: Bytes): Mandate | null
  /** Gives this owner's word, in the place of one given before. @throws ReplicaError `refused` with `no-right` | `no-change` | `bad-id` */
  agree(sequencer: Bytes): Promise<void>
  withdraw(change: RelayChange): Promise<void>
}

interface Parts {
  readonly ports: Pick<ReplicaPorts, 'suite'>
  readonly account: Pick<Account, 'user' | 'signingKey'>
  readonly log: Pick<WorkspaceLog, 'fold' | 'scope'>
  readonly directory: Pick<WorkspaceDirectory, 'read'>
}

interface Said {
  readonly sequencer: string
  readonly at: number
  readonly sig: Bytes
}

export function makeRelayWords(
  { ports, account, log, directory }: Parts,
  names: Pick<NameWriter, 'set'>,
  onChange: () => void,
): RelayWords {
  const { suite } = ports
  const { fold, scope } = log
  const term = (): number => fold.term() + 1
  const keyOf = (sequencer: string): `relay/${string}` => `relay/${term()}/${sequencer}`
  const headPos = (): number => fold.head()?.pos ?? 0
  const owners = (): number => fold.members().filter(({ role }) => role === roles.owner).length
  const takeOver = (sequencer: Bytes, at: number): Parameters<typeof isTakeOverApproval>[1] | null => {
    const atId = fold.entryIdAt(at)
    return atId && { scope, term: term(), at, atId, sequencer }
  }
  /** Those of the next term, at a position that the log here has. */
  const good = makeSignedWords<Said>({
    log,
    directory,
    read: ({ key, value }) => {
      const [, , sequencer = ''] = key.split('/')
      const [at = '', sig = ''] = value.split('/')
      const isOurs = key === keyOf(sequencer) && /^\d{1,9}$/u.test(at) && Number(at) <= headPos()
      return isOurs ? { sequencer, at: Number(at), sig: parseHex(sig) ?? new Uint8Array(0) } : null
    },
    verify: async ({ sequencer, at, sig }, { device }) => {
      const signed = takeOver(parseHex(sequencer) ?? new Uint8Array(0), at)
      return signed !== null && isTakeOverApproval(suite, signed, { device, sig })
    },
    onVerified: onChange,
  })
  /** Of each owner one, for the newest position that anybody has named. */
  const agreed = (sequencer: string): { readonly at: number; readonly by: ReadonlyMap<UserId, Approval> } => {
    const words = good().filter(({ what }) => what.sequencer === sequencer)
    const at = Math.max(-1, ...words.map(({ what }) => what.at))
    const there = words.filter(({ what }) => what.at === at)
    return { at, by: new Map(there.map(({ owner, device, what }) => [owner, { device, sig: what.sig }])) }
  }
  const refuse = (reason: string): never => {
    throw new ReplicaError('refused', 'the relay cannot be changed so', { reason })
  }
  return {
    waiting: () =>
      [...new Set(good().map(({ what }) => what.sequencer))].map((sequencer) => ({
        sequencer,
        steward: fold.ownerOf(sequencer as DeviceId),
        by: [...agreed(sequencer).by.keys()],
        needed: Math.floor(owners() / 2) + 1,
      })),
    mandate: (sequencer) => {
      if (owners() <= 1) return { at: headPos(), approvals: [] }
      const { at, by } = agreed(toHex(sequencer))
      const others = [...by].filter(([owner]) => owner !== account.user).map(([, approval]) => approval)
      return 2 * (others.length + 1) > owners() ? { at, approvals: others } : null
    },
    agree: async (sequencer) => {
      if (fold.member(account.user)?.role !== roles.owner) refuse('no-right')
      const present = fold.sequencer()
      if (present && equalBytes(present, sequencer)) refuse('no-change')
      const { at } = agreed(toHex(sequencer))
      const from = at < 0 ? headPos() : at
      const signed = takeOver(sequencer, from) ?? refuse('bad-id')
      const { sig } = await approveSequencer(suite, account.signingKey, signed)
      await names.set(keyOf(toHex(sequencer)), `${from}/${toHex(sig)}`)
    },
    withdraw: async ({ sequencer }) => names.set(keyOf(sequencer), withdrawn),
  }
}

/** @throws ReplicaError `refused` with `bad-id` for what is no public key */
export function sequencerOf({ sequencer }: RelayChange): Bytes {
  const key = parseId<'device'>(sequencer) && parseHex(sequencer)
  if (!key) throw new ReplicaError('refused', 'no public key', { reason: 'bad-id' })
  return key
}
