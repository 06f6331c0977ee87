/** What the honest are warned of. */
import type { AlarmCode } from '@poruch/replica'
import type { World } from './world.ts'

/** The codes of all alarms that honest people see now. */
export function alarmsOf({ honest }: World): readonly AlarmCode[] {
  return honest.flatMap(({ replica }) => replica.alarms.read().map(({ code }) => code))
}
