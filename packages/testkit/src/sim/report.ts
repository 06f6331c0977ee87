/** What the simulator says of its schedules. */
import { isClean } from './checks.ts'
import type { Outcome } from './schedule.ts'

/** More reasons of one schedule are seldom worth reading. */
const maxReasons = 6

/** Why a schedule failed, one line each. */
export function reasonsOf({ seed, findings }: Outcome): readonly string[] {
  const named = Object.entries(findings).flatMap(([name, reasons]) => (reasons as readonly string[]).map((text) => `${name}: ${text}`))
  const more = named.length > maxReasons ? [`… and ${named.length - maxReasons} more`] : []
  return [...named.slice(0, maxReasons), ...more].map((text) => `seed ${seed}: ${text}`)
}

/** The last line; with a planted bug it names the seeds that found it. */
export function closingLine(outcomes: readonly Outcome[], isPlanted: boolean): string {
  const failing = outcomes.filter(({ findings }) => !isClean(findings)).map(({ seed }) => seed)
  if (isPlanted) return `${outcomes.length} schedules, ${failing.length} failing: seeds ${failing.join(' ')}`.trimEnd()
  const count = (name: 'divergent' | 'lost' | 'unauthorised'): number => outcomes.filter(({ findings }) => findings[name].length > 0).length
  return `${outcomes.length} schedules, ${count('divergent')} divergent, ${count('lost')} acknowledged lost, ${count('unauthorised')} unauthorised accepted`
}
