/** Whether somebody was let in is what the log says, not the relay. */
import { concatBytes } from '@poruch/base'
import type { Bytes, DeviceId, ScopeId, UserId } from '@poruch/base'
import { makeScopeFold } from '@poruch/identity/fold'
import type { ScopeFold } from '@poruch/identity/fold'
import type { Session } from './control.ts'
import { ReplicaError } from './errors.ts'
import { laterParts } from './later-parts.ts'
import type { ReplicaPorts } from './ports.ts'
import { answered, askOver } from './relay-visit.ts'

/** Of 512 KiB each: a relay that never comes to an end is given up. */
const maxStartPieces = 160

export interface Newcomer {
  readonly scope: ScopeId
  readonly user: UserId
  readonly device: DeviceId
}

export interface AdmittedLog {
  /** The position of the first record: 0, or that of the Checkpoint in `start`. */
  readonly firstPos: number
  readonly records: readonly Bytes[]
  readonly start: Bytes | null
}

/**
 * The log, read and judged over a session: from its last Checkpoint on where the relay proves one, else from the genesis. Null unless this
 * device is a member's by it. @throws ReplicaError `not-online`
 */
export async function readAdmittedLog(ports: ReplicaPorts, session: Session, newcomer: Newcomer): Promise<AdmittedLog | null> {
  const bytes = await askForStart(session, newcomer.scope)
  const start = bytes && (await (await laterParts.newcomerStart()).openStart(ports.suite, newcomer.scope, bytes))
  if (start?.ok) {
    const { fold, pos, checkpoint } = start.value
    const records = await readFrom({ fold, firstPos: pos + 1 }, session, newcomer)
    if (records) return { firstPos: pos, records: [checkpoint, ...records], start: bytes }
  } else if (start) ports.log?.('start-refused', { reason: start.reason })
  const fold = makeScopeFold({ suite: ports.suite, scope: newcomer.scope })
  const records = await readFrom({ fold, firstPos: 0 }, session, newcomer)
  return records && { firstPos: 0, records, start: null }
}

async function readFrom(
  { fold, firstPos }: { fold: ScopeFold; firstPos: number },
  session: Session,
  { scope, user, device }: Newcomer,
): Promise<readonly Bytes[] | null> {
  const records: Bytes[] = []
  let judging: Promise<boolean> = Promise.resolve(true)
  const judge = async (isGood: boolean, some: readonly Bytes[]): Promise<boolean> => {
    // After one that is bad nothing more is kept.
    if (!isGood || !(await fold.apply(some)).ok) return false
    records.push(...some)
    return true
  }
  try {
    await answered(
      session,
      (frame) => {
        if (frame.type === 'ORDERED' && frame.scope === scope) judging = judging.then(async (isGood) => judge(isGood, frame.records))
        return frame.type === 'LOGAT' && frame.scope === scope ? true : null
      },
      () => session.send({ type: 'LOGSUB', scope, nextPos: firstPos, keyCursor: 0 }),
    )
  } catch (thrown) {
    if (thrown instanceof ReplicaError && thrown.code === 'refused') return null
    throw thrown
  }
  return (await judging) && fold.member(user)?.devices.includes(device) === true ? records : null
}

/** Null where the relay has none to give. */
async function askForStart(session: Session, scope: ScopeId): Promise<Bytes | null> {
  const ask = askOver(session)
  const pieces: Bytes[] = []
  let offset = 0
  let first: { readonly pos: number; readonly size: number } | null = null
  while (pieces.length < maxStartPieces) {
    const from = offset
    const frame = await ask((ref) => ({ type: 'STARTWANT', ref, scope, offset: from })).catch(ifRefused)
    if (frame?.type !== 'START' || frame.offset !== offset || frame.piece.length === 0) return null
    first ??= frame
    // A newer Checkpoint came in between: the log is read from its beginning instead.
    if (frame.pos !== first.pos || frame.size !== first.size) return null
    pieces.push(frame.piece)
    offset += frame.piece.length
    if (offset >= frame.size) return concatBytes(...pieces)
  }
  return null
}

function ifRefused(thrown: unknown): null {
  if (thrown instanceof ReplicaError && thrown.code === 'refused') return null
  throw thrown
}
