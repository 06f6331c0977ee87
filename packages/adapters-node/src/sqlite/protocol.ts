/** What the thread that owns the database and the thread that uses it say to one another. */
import type { TopicId } from '@poruch/base'
import type { RelayLogErrorCode } from '@poruch/sync/relay-log'
import type { SqliteRelayLog } from './port.ts'

export type WriteName =
  | 'append'
  | 'adopt'
  | 'erase'
  | 'putCompact'
  | 'replaceCompact'
  | 'appendScope'
  | 'replaceScope'
  | 'putSide'
  | 'deleteSide'
  | 'trim'
  | 'writeAudit'
  | 'probe'
export type ReadName =
  | 'head'
  | 'at'
  | 'chainHead'
  | 'chainAt'
  | 'readCompacts'
  | 'read'
  | 'readScope'
  | 'scopes'
  | 'readSide'
  | 'holes'
  | 'usage'
  | 'readAudit'
  | 'auditEnd'
  | 'counts'
type Name = WriteName | ReadName

/** The arguments of one call of the port. */
export type Args<N extends Name> = Parameters<SqliteRelayLog[N]>
/** What its promise gives. */
export type Result<N extends Name> = Awaited<ReturnType<SqliteRelayLog[N]>>

/** The tables, without promises: what runs inside a transaction. */
export type Tables = { readonly [N in Name]: (...args: Args<N>) => Result<N> }

export type Call = { readonly [N in Name]: { readonly id: number; readonly name: N; readonly args: Args<N> } }[Name]
export type ToWorker = Call | { readonly id: number; readonly name: 'close' }

export interface Failure {
  readonly code: RelayLogErrorCode
  readonly message: string
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: Failure }

export type FromWorker =
  | { readonly kind: 'opened'; readonly lost: readonly TopicId[] }
  | { readonly kind: 'not-opened'; readonly failure: Failure }
  | Answers

/** All answers of one commit, the heads that it moved, and what it took. */
export interface Answers {
  readonly kind: 'answers'
  readonly answers: readonly Answer[]
  readonly moved: readonly (readonly [TopicId, number])[]
  /** Topics of which a damaged envelope was found and taken out. */
  readonly lost: readonly TopicId[]
  /** Null when there was nothing to write, or nothing came of it. */
  readonly commit: Commit | null
}

/** One transaction that is on the disk. */
export interface Commit {
  readonly writes: number
  readonly durationMs: number
}

const writeNames: readonly string[] = [
  'append',
  'adopt',
  'erase',
  'putCompact',
  'replaceCompact',
  'appendScope',
  'replaceScope',
  'putSide',
  'deleteSide',
  'trim',
  'writeAudit',
  'probe',
] satisfies readonly WriteName[]

export function isWrite(call: Call): boolean {
  return writeNames.includes(call.name)
}
