/** What a run has seen, in lines. */
import type { Verdict } from './attack.ts'
import type { Checks } from './world.ts'

/** Faults shown of one attack. */
const maxFaultsShown = 5

export function lineOf(checks: Checks, { name, faults }: Verdict, tookMs: number): string {
  const head = `${faults.length === 0 ? 'held  ' : 'BROKEN'} (checks ${checks}, ${(tookMs / 1000).toFixed(1)} s) ${name}`
  return [head, ...faults.slice(0, maxFaultsShown).map((fault) => `         ${fault}`)].join('\n')
}

export function closingLine(attacks: number, verdicts: readonly Verdict[]): string {
  const broken = verdicts.filter(({ faults }) => faults.length > 0).length
  return `${attacks} attacks × 2 (relay checks on, off): ${verdicts.length - broken} held, ${broken} broken`
}
