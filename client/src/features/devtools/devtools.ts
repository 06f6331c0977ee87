/** What the panel works with beside the replica; made with the device, whether or not anybody ever opens the panel. */
import type { Cell } from '@poruch/base'
import type { Faults, TraceRecorder } from '@poruch/replica/devtools'

export interface Devtools {
  readonly faults: Cell<Faults>
  readonly recorder: TraceRecorder
}
