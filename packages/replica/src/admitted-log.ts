/** Whether somebody was let in is what the log says, not the relay. */
import type { Bytes, DeviceId, ScopeId, UserId } from '@poruch/base'
import { makeScopeFold } from '@poruch/identity/fold'
import type { Session } from './control.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import { answered } from './relay-visit.ts'

export interface Newcomer {
  readonly scope: ScopeId
  readonly user: UserId
  readonly device: DeviceId
}

/** The log's records, read and judged over a session; null unless this device is a member's by them. @throws ReplicaError `not-online` */
export async function readAdmittedLog(
  { suite }: ReplicaPorts,
  session: Session,
  { scope, user, device }: Newcomer,
): Promise<readonly Bytes[] | null> {
  const fold = makeScopeFold({ suite, scope })
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
      () => session.send({ type: 'LOGSUB', scope, nextPos: 0, keyCursor: 0 }),
    )
  } catch (thrown) {
    if (thrown instanceof ReplicaError && thrown.code === 'refused') return null
    throw thrown
  }
  return (await judging) && fold.member(user)?.devices.includes(device) === true ? records : null
}
