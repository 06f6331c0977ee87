/** One device's socket, passed on to the relay frame by frame. */
import { decodeFrame, encodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { WebSocket } from 'ws'
import type { RawData } from 'ws'
import type { Tricks } from './proxy.ts'
import { readStateless, writeStateless } from './stateless.ts'

export interface Line {
  isOpen(): boolean
  /** A frame that the relay never sent. */
  toDevice(frame: Frame): void
  /** A payload that is no frame, or not even base64; as one message. */
  nonsense(payload: string): void
  /** A frame in the device's name; answers what the relay says to it. @throws Error when it says nothing within ten seconds */
  ask(make: (ref: number) => Frame): Promise<Frame>
  cut(): void
}

export interface LineOptions {
  /** The device's end. */
  readonly near: WebSocket
  readonly url: string
  tricks(): Tricks
  /** The device is told of a place in the relay's order of a topic. */
  onSeq(device: string, topic: string, seq: number): void
  /** The device has said who it is. */
  onNamed(device: string, line: Line): void
}

/** Refs that no honest session of a run reaches. */
const firstForeignRef = 4_000_000_000
const answerMs = 10_000

export function openLine({ near, url, tricks, onSeq, onNamed }: LineOptions): Line {
  const far = new WebSocket(url)
  const early: RawData[] = []
  const asked = new Map<number, (frame: Frame) => void>()
  let document: string | null = null
  let lastRef = firstForeignRef
  const device = (): string => (document ?? '').replace('session/', '')
  /** The topics of appends that wait for their places, by ref. */
  const appended = new Map<number, string>()
  const toDevice = (frame: Frame): void => near.send(writeStateless(document ?? '', encodeFrame(frame)))
  const passOn = (frame: Frame): void => {
    if (frame.type === 'ENTRY' || frame.type === 'HEAD') onSeq(device(), frame.topic, frame.relaySeq)
    else if (frame.type === 'ACK') onSeq(device(), appended.get(frame.ref) ?? '', frame.relaySeq)
    toDevice(frame)
  }
  const toRelay = (frame: Frame): void => far.send(writeStateless(document ?? '', encodeFrame(frame)))

  const up = (data: RawData): void => {
    const frames = framesIn(data as Buffer)
    if (!frames) return far.send(data)
    for (const each of frames) {
      if (each.type === 'APPEND') appended.set(each.ref, each.topic)
      for (const frame of tricks().up?.(each, device()) ?? [each]) toRelay(frame)
    }
  }
  const down = (data: RawData): void => {
    const frames = framesIn(data as Buffer)
    if (!frames) return near.send(data)
    for (const each of frames) {
      const own = 'ref' in each ? asked.get(each.ref) : undefined
      if (own) own(each)
      else for (const frame of tricks().down?.(each, { device: device(), way: 'live' }) ?? [each]) passOn(frame)
    }
  }
  const line: Line = {
    isOpen: () => near.readyState === WebSocket.OPEN && far.readyState === WebSocket.OPEN,
    toDevice,
    nonsense: (payload) => near.send(writeStateless(document ?? '', payload)),
    ask: async (make) => {
      const ref = ++lastRef
      const answer = new Promise<Frame>((resolve, reject) => {
        asked.set(ref, resolve)
        setTimeout(() => reject(new Error('the relay says nothing')), answerMs).unref()
      })
      toRelay(make(ref))
      return answer
    },
    cut: () => {
      near.terminate()
      far.terminate()
    },
  }
  near.on('message', (data) => {
    name(data as Buffer)
    if (far.readyState === WebSocket.OPEN) up(data)
    else early.push(data)
  })
  far.on('open', () => early.splice(0).forEach(up))
  far.on('message', down)
  link(near, far)
  link(far, near)
  return line

  /** Every message of Hocuspocus begins with the name of its document. */
  function name(message: Buffer): void {
    if (document !== null) return
    const length = message[0] ?? 0
    document = message.subarray(1, 1 + length).toString('utf8')
    onNamed(device(), line)
  }
}

/** One that ends takes the other with it, for the same reason. */
function link(from: WebSocket, to: WebSocket): void {
  from.on('error', () => to.terminate())
  from.on('close', (code, reason) => {
    // Codes that only libraries may use stand for a broken line.
    if (to.readyState === WebSocket.CONNECTING || code < 1000 || (code >= 1004 && code <= 1006)) to.terminate()
    else if (to.readyState === WebSocket.OPEN) to.close(code, reason)
  })
}

/** Null for what carries no frames, or any that is none of ours: it passes as it is. */
function framesIn(message: Buffer): readonly Frame[] | null {
  const decoded = readStateless(message)?.frames?.map((bytes) => decodeFrame(bytes)) ?? null
  return decoded?.every((each) => each.ok) ? decoded.map((each) => each.value) : null
}
