/** What a run of schedules is asked to be, beside their seeds: plain data, so that threads and trace files can carry it. */
import type { Plant } from './plants.ts'

export interface Scenario {
  readonly plant: Plant | null
  /** WebCrypto instead of the keyed hash: slower, and not repeatable. */
  readonly realCrypto: boolean
}

export const plainScenario: Scenario = { plant: null, realCrypto: false }
