/** Shows records as lines for people. */
import { cpus, release, totalmem, type } from 'node:os'
import type { BenchRecord, Figure, Missing } from './record.ts'

const gibibyte = 1024 ** 3

/** The machine in one line; numbers of two machines are not compared. */
export function machineLine(): string {
  const [first] = cpus()
  const memory = Math.round(totalmem() / gibibyte)
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown CPU'}, ${memory} GiB, ${type()} ${release()}, Node ${process.versions.node}`
}

const columns = ['row', 'work', 'ours', 'peers', 'limit', 'ratio', 'target', ''] as const

/** The records as a table of Markdown. */
export function markdownTable(records: readonly BenchRecord[]): string {
  const rule = columns.map(() => '---')
  return [columns, rule, ...records.map(cellsOf)].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function cellsOf(record: BenchRecord): readonly string[] {
  const { id, work, ours, peers, limit, ratio, target } = record
  return [
    id,
    work,
    figureText(ours),
    peers.map(named).join('; ') || '–',
    limit ? named(limit) : '–',
    number(ratio),
    target,
    verdictOf(record),
  ]
}

/** The share of the target by which a record misses it. */
function verdictOf({ met, ratio, target }: BenchRecord): string {
  if (met) return 'met'
  // An absolute target is 1 as a ratio.
  const wanted = Number(/^[≤≥]([\d.]+)x/u.exec(target)?.[1] ?? 1)
  const share = target.startsWith('≥') ? 1 - ratio / wanted : ratio / wanted - 1
  return `short by ${Math.max(1, Math.round(100 * share))} %`
}

function named(one: Figure | Missing): string {
  return 'missing' in one ? `${one.name}: ${one.missing}` : `${one.name} ${figureText(one)}`
}

function figureText({ median, low, high, unit, trials }: Figure): string {
  const spread = trials > 1 ? ` (${number(low)}–${number(high)})` : ''
  return `${number(median)}${spread} ${unit}`
}

/** Three digits that mean something. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
