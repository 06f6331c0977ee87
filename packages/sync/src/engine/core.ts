/** What every part of the engine works with. */
import type { Clock, Random } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import type { EnvelopeKeys } from '../envelope/seal.ts'
import type { OwnChain } from './own-chain.ts'
import type { WaitingBudget } from './waiting.ts'
import type { Applier, Authority, LogStore, Signer } from '../ports.ts'

/** Hears one line per lifecycle transition and per swallowed fault; never content. */
export type SyncLog = (event: string, detail?: Readonly<Record<string, string | number>>) => void

export interface Core {
  readonly suite: Suite
  readonly random: Random
  readonly clock: Clock
  readonly store: LogStore
  readonly authority: Authority
  readonly signer: Signer
  readonly applier: Applier
  readonly keys: EnvelopeKeys
  readonly log: SyncLog
  readonly waiting: WaitingBudget
  readonly ownChain: OwnChain
}
