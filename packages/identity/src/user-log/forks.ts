/** Which branch of a forked user's log stands. */
import { equalBytes, toHex } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, Judged } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { decodeUserEntry } from './entry.ts'
import { foldUserLog } from './fold.ts'
import type { UserLogStep } from './fold.ts'
import type { UserLogReason } from './rules.ts'
import type { UserLogState } from './state.ts'

export interface ForkOptions {
  /** Two whole logs, from the root on. */
  readonly branches: readonly [readonly Bytes[], readonly Bytes[]]
  /** Heads that scopes have pinned; of either branch or of none. */
  readonly pinned: readonly EntryId[]
}

export interface ForkDecision {
  readonly stands: 0 | 1
  /** `same`: there is no fork. The others say what decided. */
  readonly by: 'same' | 'longer' | 'recovery' | 'pin' | 'device-order' | 'id'
  /** Entries of the other branch that are void, to be shown to the user. */
  readonly voided: readonly EntryId[]
}

/** Reasons: those of a user's log, and `other-user`. Cost: folds both branches. */
export async function decideFork(
  suite: VerifySuite,
  { branches, pinned }: ForkOptions,
): Promise<Judged<ForkDecision, UserLogReason | 'other-user'>> {
  const [one, other] = await Promise.all(branches.map(async (entries) => foldUserLog(suite, entries)))
  if (!one?.ok) return one ?? { ok: false, reason: 'no-entries' }
  if (!other?.ok) return other ?? { ok: false, reason: 'no-entries' }
  if (one.value.state.user !== other.value.state.user) return { ok: false, reason: 'other-user' }
  const [first, second] = branches
  const steps = [one.value, other.value] as const
  const at = first.findIndex((entry, index) => !equalBytes(entry, second[index] ?? new Uint8Array()))
  const fork = at < 0 ? first.length : at
  const [mine, theirs] = [first[fork], second[fork]]
  if (!mine || !theirs) return { ok: true, value: unforked(first.length, second.length) }
  const base = await foldUserLog(suite, first.slice(0, fork))
  if (!base.ok) return base
  const { stands, by } = decide({ base: base.value.state, entries: [mine, theirs], steps, pinned, fork })
  return { ok: true, value: { stands, by, voided: steps[stands === 0 ? 1 : 0].ids.slice(fork) } }
}

function unforked(mine: number, theirs: number): ForkDecision {
  return { stands: mine >= theirs ? 0 : 1, by: mine === theirs ? 'same' : 'longer', voided: [] }
}

interface Fork {
  /** The state before the fork. */
  readonly base: UserLogState
  readonly entries: readonly [Bytes, Bytes]
  readonly steps: readonly [UserLogStep, UserLogStep]
  readonly pinned: readonly EntryId[]
  readonly fork: number
}

function decide({ base, entries, steps, pinned, fork }: Fork): Pick<ForkDecision, 'stands' | 'by'> {
  const signers = entries.map((entry) => decodeUserEntry(entry).signer)
  const byRecovery = signers.map((signer) => equalBytes(signer, base.recoverySign))
  const isPinned = steps.map(({ ids }) => ids.slice(fork).some((id) => pinned.includes(id)))
  const order = signers.map((signer) => base.devices.findIndex(({ device }) => device === (toHex(signer) as DeviceId)))
  const better = (rank: readonly (boolean | number)[]): 0 | 1 | null => {
    const [mine = 0, theirs = 0] = rank.map(Number)
    return mine === theirs ? null : mine > theirs ? 0 : 1
  }
  const tests = [
    ['recovery', better(byRecovery)],
    ['pin', better(isPinned)],
    ['device-order', better(order.map((place) => -place))],
  ] as const
  for (const [by, stands] of tests) if (stands !== null) return { stands, by }
  // One key signed both: no rule says more, but all must say the same.
  const [mine, theirs] = steps.map(({ ids }) => ids[fork] ?? '')
  return { stands: (mine ?? '') < (theirs ?? '') ? 0 : 1, by: 'id' }
}
