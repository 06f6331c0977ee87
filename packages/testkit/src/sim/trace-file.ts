/** Trace files: one schedule with its seed, everything that happened in it, and how it ended; see TRACES.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Findings } from './checks.ts'
import type { Scenario } from './scenario.ts'
import { runSchedule } from './schedule.ts'
import type { Outcome } from './schedule.ts'
import type { TraceEvent } from './trace.ts'

export interface TraceHead {
  readonly format: 'poruch-trace'
  readonly version: 1
  /** A schedule replays itself from its seed. What a device exports has another source, and no seed. */
  readonly source: 'schedule'
  readonly seed: number
  readonly scenario: Scenario
}

export interface TraceEnd {
  readonly hash: string
  readonly findings: Findings
}

/** Lines of one file: the head, the events, the end. */
export async function traceLines(
  seed: number,
  scenario: Scenario,
): Promise<{ readonly lines: readonly string[]; readonly outcome: Outcome }> {
  const head: TraceHead = { format: 'poruch-trace', version: 1, source: 'schedule', seed, scenario }
  const events: TraceEvent[] = []
  const outcome = await runSchedule({ seed, scenario, write: (event) => events.push(event) })
  const end: TraceEnd = { hash: outcome.traceHash, findings: outcome.findings }
  return { lines: [head, ...events, end].map((line) => JSON.stringify(line)), outcome }
}

/** Runs the schedule once more and writes down what happens. */
export async function writeTrace(path: string, seed: number, scenario: Scenario): Promise<Outcome> {
  const { lines, outcome } = await traceLines(seed, scenario)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${lines.join('\n')}\n`)
  return outcome
}

export interface Replayed {
  readonly events: number
  readonly outcome: Outcome
  /** The first line that is another than in the file, from 1; null when all are the same. */
  readonly differsAt: number | null
}

/** Runs what a file holds again. Null when it is no trace of a schedule of this version. */
export async function replay(path: string): Promise<Replayed | null> {
  const written = readFileSync(path, 'utf8').trimEnd().split('\n')
  const head = parseHead(written[0] ?? '')
  if (!head) return null
  const { lines, outcome } = await traceLines(head.seed, head.scenario)
  const length = Math.max(lines.length, written.length)
  const index = Array.from({ length }, (_, at) => at).find((at) => lines[at] !== written[at])
  return { events: lines.length - 2, outcome, differsAt: index === undefined ? null : index + 1 }
}

function parseHead(line: string): TraceHead | null {
  try {
    const head = JSON.parse(line) as Partial<TraceHead> | null
    const isOurs = head?.format === 'poruch-trace' && head.version === 1 && head.source === 'schedule'
    return isOurs && Number.isSafeInteger(head.seed) && head.scenario ? (head as TraceHead) : null
  } catch {
    return null
  }
}
