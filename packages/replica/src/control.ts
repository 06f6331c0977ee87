/** Requests and answers over a session with the relay: what has a ref is matched, everything else is heard by all. */
import { makeEmitter } from '@poruch/base'
import type { View } from '@poruch/base'
import type { ControlFrame, ControlLine, FrameLink } from '@poruch/sync'
import { decodeFrame, encodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { ReplicaError } from './errors.ts'

/** One open session, as far as frames beside the topics go. */
export interface Session {
  send(frame: Frame): boolean
  nextRef(): number
  onFrame(listener: (frame: Frame) => void): () => void
  onClose(listener: () => void): () => void
  close(reason: string): void
}

export interface Requests {
  readonly connected: boolean
  /** Makes a session the present one until it closes. */
  attach(session: Session): void
  send(frame: Frame): boolean
  /**
   * Sends what `make` builds with a fresh ref; the answer is the frame that carries the same ref.
   * @throws ReplicaError `not-online` when there is no session or it ends first, `refused` with the relay's code
   */
  ask(make: (ref: number) => Frame): Promise<Frame>
  /** As `ask`, for what may be answered otherwise: `forget` stops waiting. */
  request(make: (ref: number) => Frame): { readonly answer: Promise<Frame>; forget(): void }
  onFrame(listener: (frame: Frame) => void): () => void
  onConnected(listener: () => void): () => void
  /** Ends the present session. */
  close(reason: string): void
}

/** Requests that may wait for their answers at once; a screen makes a handful. */
const maxWaiting = 256

interface Waiting {
  resolve(frame: Frame): void
  reject(error: ReplicaError): void
}

export function makeRequests(): Requests {
  const frames = makeEmitter<Frame>()
  const connections = makeEmitter<void>()
  const waiting = new Map<number, Waiting>()
  let present: Session | null = null

  const settle = (frame: Frame): boolean => {
    const request = 'ref' in frame ? waiting.get(frame.ref) : undefined
    if (!request || !('ref' in frame)) return false
    waiting.delete(frame.ref)
    if (frame.type === 'REFUSE') request.reject(new ReplicaError('refused', `${frame.code} ${frame.detail}`, { reason: frame.code }))
    else request.resolve(frame)
    return true
  }
  const rejectAll = (): void => {
    for (const { reject } of waiting.values()) reject(new ReplicaError('not-online', 'the session ended'))
    waiting.clear()
  }

  const request: Requests['request'] = (make) => {
    const session = present
    if (!session || waiting.size >= maxWaiting) return failed('no session with the relay')
    const ref = session.nextRef()
    let own: Waiting | null = null
    const answer = new Promise<Frame>((resolve, reject) => {
      own = { resolve, reject }
      waiting.set(ref, own)
    })
    // Refs begin anew with each session: by now another request may have this one.
    const forget = (): void => {
      if (waiting.get(ref) === own) waiting.delete(ref)
    }
    if (session.send(make(ref))) return { answer, forget }
    forget()
    return failed('the session does not take frames')
  }

  return {
    get connected() {
      return present !== null
    },
    attach: (session) => {
      rejectAll()
      present = session
      session.onFrame((frame) => {
        if (present === session && !settle(frame)) frames.emit(frame)
      })
      session.onClose(() => {
        if (present !== session) return
        present = null
        rejectAll()
      })
      if (present === session) connections.emit()
    },
    send: (frame) => present?.send(frame) ?? false,
    ask: async (make) => request(make).answer,
    request,
    onFrame: frames.subscribe,
    onConnected: connections.subscribe,
    close: (reason) => present?.close(reason),
  }
}

function failed(message: string): ReturnType<Requests['request']> {
  return { answer: Promise.reject(new ReplicaError('not-online', message)), forget: () => {} }
}

/** What sync carries for the layers above, as a session. */
export function sessionOf(
  line: ControlLine & { readonly state: View<{ readonly closed: string | null }>; close(reason: string): unknown },
): Session {
  return {
    send: (frame) => line.sendControl(frame as ControlFrame),
    nextRef: line.nextRef,
    onFrame: line.onControl,
    onClose: (listener) => {
      const stop = line.state.subscribe(() => {
        if (line.state.read().closed === null) return
        stop()
        listener()
      })
      return stop
    },
    close: (reason) => void line.close(reason),
  }
}

/** A session over a bare link: for a device that is no member yet, and so has nothing to sync. */
export function sessionOver(link: FrameLink): Session {
  let refs = 0
  return {
    send: (frame) => link.send(encodeFrame(frame)),
    nextRef: () => ++refs,
    onFrame: (listener) =>
      link.onFrame((bytes) => {
        const decoded = decodeFrame(bytes)
        if (decoded.ok) listener(decoded.value)
      }),
    onClose: (listener) => link.onClose(listener),
    close: (reason) => {
      link.close(reason)
    },
  }
}
