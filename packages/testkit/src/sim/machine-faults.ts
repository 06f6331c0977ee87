/** What happens to single machines in a storm: clocks that are wrong, disks that are full. */
import type { ClockFault } from './device.ts'
import type { Cast } from './people.ts'

/** Of schedules, those in which clocks are wrong. */
const clockShare = 0.3
const tenYearsMs = 10 * 365 * 24 * 3600 * 1000

/** Some devices are ten years ahead or behind, or stand still. The order of what they write does not follow from it. */
export function breakClocks({ world, people, chance }: Cast): void {
  if (!chance.flip(clockShare)) return
  const frozenMs = world.clock.now()
  const faults: readonly ClockFault[] = [(nowMs) => nowMs + tenYearsMs, (nowMs) => nowMs - tenYearsMs, () => frozenMs]
  for (const { name } of people) {
    if (!chance.flip(0.5)) continue
    world.device(name).setClock(chance.pick(faults))
    world.trace.note(`the clock of ${name} is wrong`)
  }
}

/** Entries from one Checkpoint to the next: some newcomers of a storm then begin at one. */
const shortLog = 6

/** In some schedules owners write Checkpoints early. */
export function shortenLogs({ world, people, chance }: Cast): void {
  if (!chance.fork('checkpoints').flip(0.5)) return
  for (const { name } of people) world.device(name).patch({ checkpointEntries: shortLog })
}

/** Fills the disk of somebody, or makes room again for everybody. */
export function changeDisks({ world, people, chance }: Cast, full: boolean): void {
  if (!full) return freeDisks({ world, people })
  const { name } = chance.pick(people)
  world.trace.note(`the disk of ${name} is full`)
  world.device(name).setDiskFull(true)
}

export function freeDisks({ world, people }: Pick<Cast, 'world' | 'people'>): void {
  for (const { name } of people) world.device(name).setDiskFull(false)
}
