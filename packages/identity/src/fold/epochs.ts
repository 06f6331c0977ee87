/** Epoch: a new key, promised to exactly the readers of this position. */
import { merkleRoot } from '@poruch/crypto/verify'
import type { VerifySuite } from '@poruch/crypto/verify'
import { equalBytes, idToBytes } from '@poruch/base'
import type { Bytes, EntryId, EpochId, Id, UserId } from '@poruch/base'
import { encodeCbor } from '../cbor.ts'
import { roles } from '../roles.ts'
import { historyPolicies } from '../scope-log/ops.ts'
import type { ScopeOpOf } from '../scope-log/ops.ts'
import { roleOf } from './judging.ts'
import type { Judging } from './judging.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import { changeGlobals, draftGlobals } from './state.ts'
import type { State } from './state.ts'

export interface Reader {
  readonly user: UserId
  readonly userLogHead: EntryId
  readonly pukGen: number
}

/** 32 bytes over the readers, in whatever order they come. O(n). */
export async function readersRootOf(suite: Pick<VerifySuite, 'sha256'>, readers: readonly Reader[]): Promise<Bytes> {
  const sorted = readers.toSorted((a, b) => (a.user < b.user ? -1 : 1))
  return merkleRoot(
    suite,
    sorted.map((reader) => encodeCbor([idToBytes(reader.user), idToBytes(reader.userLogHead), reader.pukGen])),
  )
}

export async function judgeEpoch(judging: Judging, op: ScopeOpOf<'epoch'>): Promise<Verdict> {
  const { state, pos } = judging
  const { epochCount, historyPolicy } = draftGlobals(state)
  if (op.gen !== epochCount) return refuse('bad-generation')
  const wrapped = op.gen > 0 && historyPolicy === historyPolicies.full
  if (wrapped !== op.prevWrapped.length > 0) return refuse('bad-wrap')
  if (!equalBytes(op.readersRoot, await readersRootOf(judging.suite, draftReaders(state)))) return refuse('bad-readers')
  const id: Id<'epoch'> = judging.id as string as EpochId
  state.epochs.set(op.gen, { id, gen: op.gen, pos, keyCommitment: op.keyCommitment, prevWrapped: op.prevWrapped })
  changeGlobals(state, { epochCount: epochCount + 1, epochDue: false })
  return null
}

function draftReaders(state: State): Reader[] {
  const readers: Reader[] = []
  state.users.eachDraft((row) => {
    if (roleOf(row) !== roles.none && row.log.puk) readers.push({ user: row.user, userLogHead: row.log.head, pukGen: row.log.puk.gen })
  })
  return readers
}
