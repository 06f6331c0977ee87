/** Writes down what passes between this device and its network, as a trace that the simulator replays: see packages/testkit/src/sim/TRACES.md. */
import { makeCell, toBase64 } from '@poruch/base'
import type { Clock, View } from '@poruch/base'
import type { Holdings } from '../inspection.ts'
import type { NetworkTaps, TapEvent } from './network-taps.ts'

export interface RecorderState {
  readonly isRecording: boolean
  readonly events: number
  readonly sizeBytes: number
  /** True when the bound was met: what came later is not in it. */
  readonly isFull: boolean
}

export interface TraceRecorder {
  readonly state: View<RecorderState>
  /** Starts anew. */
  start(): Promise<void>
  /** Ends it; answers the file, or null when nothing was recorded. */
  finish(): Promise<string | null>
}

/** Text of one trace: a day of a small company, and what a browser may hold without notice. */
export const maxTraceBytes = 32 * 1024 * 1024

export interface RecorderOptions {
  readonly taps: NetworkTaps
  readonly clock: Clock
  holdings(): Promise<Holdings | null>
}

const idle: RecorderState = { isRecording: false, events: 0, sizeBytes: 0, isFull: false }

export function makeTraceRecorder({ taps, clock, holdings }: RecorderOptions): TraceRecorder {
  const state = makeCell<RecorderState>(idle)
  let lines: string[] = []
  let stop = (): void => {}
  const add = (line: object): void => {
    const text = JSON.stringify(line)
    const { events, sizeBytes, isRecording } = state.read()
    if (sizeBytes + text.length > maxTraceBytes) {
      state.set({ ...state.read(), isFull: true })
      return
    }
    lines.push(text)
    state.set({ isRecording, events: events + 1, sizeBytes: sizeBytes + text.length, isFull: false })
  }
  const hear = ({ path, frame, note }: TapEvent): void => {
    if (state.read().isFull) return
    const at = clock.now()
    if (frame) add({ at, what: 'frame', path, bytes: toBase64(frame) })
    else add({ at, what: 'note', text: `${path} ${note ?? ''}` })
  }
  const end = (): void => {
    stop()
    stop = (): void => {}
  }
  return {
    state,
    start: async () => {
      end()
      lines = []
      state.set({ ...idle, isRecording: true })
      const waiting: TapEvent[] = []
      let isReady = false
      // Heard from before the beginning is read: an envelope may then be in both, which does no harm.
      stop = taps.onEvent((event) => {
        if (isReady) hear(event)
        else waiting.push({ ...event, frame: event.frame && event.frame.slice() })
      })
      const before = await holdings()
      if (!before) {
        end()
        return state.set(idle)
      }
      const { scope, records } = before
      add({ format: 'poruch-trace', version: 1, source: 'device', scope, records: records.map(toBase64) })
      for (const { topic, envelope } of before.rows) add({ at: clock.now(), what: 'held', topic, bytes: toBase64(envelope) })
      for (const event of waiting) hear(event)
      isReady = true
    },
    finish: async () => {
      if (!state.read().isRecording) return null
      end()
      const after = await holdings()
      const text = [...lines, JSON.stringify({ heads: after?.heads ?? [], isWhole: !state.read().isFull })].join('\n')
      lines = []
      state.set(idle)
      return `${text}\n`
    },
  }
}
