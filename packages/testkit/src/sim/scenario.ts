/** What a run of schedules is asked to be, beside their seeds: plain data, so that threads and trace files can carry it. */
import { revealers } from './plants.ts'
import type { Plant } from './plants.ts'

export interface Scenario {
  readonly plant: Plant | null
  /** With members and relays that attack. */
  readonly byzantine: boolean
  /** The one adversary that there is, by its name; null for several, drawn by chance. */
  readonly only: string | null
  /** WebCrypto instead of the keyed hash: slower, and not repeatable. */
  readonly realCrypto: boolean
}

export const plainScenario: Scenario = { plant: null, byzantine: false, only: null, realCrypto: false }

/** With a bug planted, and with the adversary that reveals it where peaceful people do not meet it. */
export function plantedScenario(plant: Plant): Scenario {
  const only = revealers[plant] ?? null
  return { ...plainScenario, plant, byzantine: only !== null, only }
}
