/** Visits to a relay by a device that is no member yet: a session is kept until what it is for has been done. */
import type { Bytes } from '@poruch/base'
import type { BulkReader } from '@poruch/sync'
import type { Frame } from '@poruch/sync/wire'
import { sessionOver } from './control.ts'
import type { Session } from './control.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts, SessionIdentity } from './ports.ts'

export interface Visit {
  readonly ports: ReplicaPorts
  readonly signal: AbortSignal
}

export interface OpenSession {
  readonly session: Session
  readonly bulk: BulkReader
  readonly relayKey: Bytes
}

export interface Keeping {
  readonly origin: string
  readonly identity: SessionIdentity
  /** Hears refusals of one who goes on asking. Without it a refusal ends the attempt. */
  onRefused?(code: string): void
  /** Whether a relay out of reach, or a session that ended, is waited for; the answer may change on the way. */
  isPatient(): boolean
}

/** Keeps sessions with the relay until `act` has succeeded on one. */
export async function withRelay<T>({ ports, signal }: Visit, keeping: Keeping, act: (open: OpenSession) => Promise<T>): Promise<T> {
  const { origin, identity, onRefused } = keeping
  const abort = new AbortController()
  const stop = (): void => {
    abort.abort()
  }
  if (signal.aborted) throw new ReplicaError('closed', 'stopped')
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise<T>((resolve, reject) => {
      abort.signal.addEventListener('abort', () => reject(new ReplicaError('closed', 'stopped')), { once: true })
      const fail = (error: ReplicaError): void => {
        if (error.code === 'not-online') {
          if (!keeping.isPatient()) reject(error)
        } else if (onRefused) onRefused(error.reason ?? error.code)
        else reject(error)
      }
      const unreachable = new ReplicaError('not-online', 'the relay cannot be reached')
      ports.relay.keep({
        origin,
        identity,
        signal: abort.signal,
        handlers: {
          onState: (state) => {
            if (state.name === 'refused') fail(new ReplicaError('refused', state.code, { reason: state.code }))
            if (state.name === 'offline') fail(unreachable)
          },
          onSession: ({ link, bulk, relayKey }) => {
            act({ session: sessionOver(link), bulk, relayKey }).then(resolve, (thrown: unknown) => {
              if (thrown instanceof ReplicaError) fail(thrown)
              else reject(thrown)
            })
          },
        },
      })
    })
  } finally {
    signal.removeEventListener('abort', stop)
    abort.abort()
  }
}

/** Sends something and waits for the first frame of the session that `pick` takes. @throws ReplicaError `refused` | `not-online` */
export async function answered<T>(session: Session, pick: (frame: Frame) => T | null, send: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = session.onFrame((frame) => {
      const picked = pick(frame)
      if (picked !== null) {
        stop()
        resolve(picked)
      } else if (frame.type === 'REFUSE') {
        stop()
        reject(new ReplicaError('refused', frame.code, { reason: frame.code }))
      }
    })
    session.onClose(() => {
      reject(new ReplicaError('not-online', 'the session ended'))
    })
    send()
  })
}

/** Asks over a session of a visit; resolves with the frame that carries the same ref. */
export function askOver(session: Session): (make: (ref: number) => Frame) => Promise<Frame> {
  return async (make) => {
    const ref = session.nextRef()
    return answered(
      session,
      (frame) => ('ref' in frame && frame.ref === ref && frame.type !== 'REFUSE' ? frame : null),
      () => session.send(make(ref)),
    )
  }
}
