/** What a newcomer begins with in place of a long log: the last Checkpoint with its state and its proof, given piece by piece. */
import { makeSerial } from '@poruch/base'
import type { Bytes, ScopeId } from '@poruch/base'
import { makeStart } from '@poruch/identity/start'
import type { FrameOf } from '@poruch/sync/wire'
import type { Connection } from './connection.ts'
import { maxStartPieceBytes, pageRows } from './limits.ts'
import type { CorePorts } from './ports.ts'
import { refusal } from './refusal.ts'
import type { Scopes, ScopeState } from './scopes.ts'

export interface Starts {
  /** Answers with one piece; `no-checkpoint` where the log has none, or what follows from it is too large. */
  give(connection: Connection, frame: FrameOf<'STARTWANT'>): Promise<void>
}

interface Made {
  readonly scope: ScopeId
  readonly pos: number
  readonly bytes: Bytes | null
}

export function makeStarts({ log }: Pick<CorePorts, 'log'>, scopes: Scopes): Starts {
  const turns = makeSerial()
  /** Made once for a Checkpoint, and kept until another one is asked for: a start of thousands of members has megabytes. */
  let last: Made | null = null
  const make = async ({ scope, fold }: ScopeState, pos: number): Promise<Made> => {
    const records: Bytes[] = []
    while (records.length <= pos) {
      const rows = await log.readScope(scope, records.length, pageRows)
      if (rows.length === 0) break
      records.push(...rows.map(({ record }) => record))
    }
    return { scope, pos, bytes: await makeStart(fold, records) }
  }
  const present = async (state: ScopeState): Promise<Made | null> => {
    const pos = state.fold.checkpointPos()
    if (pos === null) return null
    if (last?.scope !== state.scope || last.pos !== pos) last = await make(state, pos)
    return last
  }
  return {
    give: async (connection, { ref, scope, offset }) => {
      const state = scopes.get(scope)
      if (!state || !scopes.reader(state, connection)) return connection.out.send(refusal(ref, 'unknown-scope'))
      const made = await turns.run(async () => present(state))
      if (!made?.bytes || offset > made.bytes.length) return connection.out.send(refusal(ref, 'no-checkpoint'))
      const piece = made.bytes.slice(offset, offset + maxStartPieceBytes)
      connection.out.send({ type: 'START', ref, scope, pos: made.pos, size: made.bytes.length, offset, piece })
    },
  }
}
