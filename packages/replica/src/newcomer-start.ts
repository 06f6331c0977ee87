/** A log that begins at a Checkpoint: opened there, and its beginning read and judged afterwards. Loaded where there is one: most devices never need it. */
import type { ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { makeScopeFold } from '@poruch/identity/fold'
import type { RecordBytes } from '@poruch/identity/fold'

export { openStart } from '@poruch/identity/start'

export interface Filling {
  /** The next position that is wanted. */
  readonly next: number
  /**
   * Judges entries before the base, from the genesis on; `done` once they lead to the Checkpoint, `false-start` when the state that was
   * believed is not what they come to.
   */
  take(firstPos: number, records: readonly RecordBytes[]): Promise<'more' | 'done' | 'false-start' | { readonly fault: string }>
  readonly records: readonly RecordBytes[]
}

/** Everything from the genesis on is judged as by who never had a start; `checkpoint` is the record at the base. */
export function makeFilling(options: { suite: VerifySuite; scope: ScopeId; base: number; checkpoint: RecordBytes }): Filling {
  const { suite, scope, base } = options
  const fold = makeScopeFold({ suite, scope })
  const records: RecordBytes[] = []
  return {
    get next() {
      return records.length
    },
    records,
    take: async (firstPos, sent) => {
      if (firstPos > records.length) return 'more'
      const fresh = sent.slice(records.length - firstPos, base - firstPos)
      if (fresh.length === 0) return 'more'
      const judged = await fold.apply(fresh)
      if (!judged.ok) return { fault: judged.reason }
      records.push(...fresh)
      if (records.length < base) return 'more'
      const checked = await fold.apply([options.checkpoint])
      if (checked.ok) return 'done'
      // Another log than the Checkpoint follows: whoever sent it, it is not what came before.
      return checked.reason === 'bad-position' ? { fault: 'forked-log' } : 'false-start'
    },
  }
}
