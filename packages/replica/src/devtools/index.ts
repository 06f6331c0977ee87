export { makeNetworkTaps, noFaults } from './network-taps.ts'
export type { Faults, NetworkTaps, TapEvent } from './network-taps.ts'
export { makeTraceRecorder, maxTraceBytes } from './trace-recorder.ts'
export type { RecorderState, TraceRecorder } from './trace-recorder.ts'
