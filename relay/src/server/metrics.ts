/** `/metrics`: what the relay counts of itself, as Prometheus reads it. Labels are codes from a short list, never ids or names. */
import type { CounterName, Meter, TimingName } from '../core/meter.ts'

/** Different codes of one counter; what is beyond is counted as `other`. */
const maxLabels = 64

const counters: Readonly<Record<CounterName, { readonly help: string; readonly label?: string }>> = {
  sessions_opened: { help: 'Sessions opened' },
  sessions_refused: { help: 'Sessions refused', label: 'code' },
  frames: { help: 'Frames received', label: 'type' },
  frames_paced: { help: 'Frames after which a device had to wait' },
  appends: { help: 'Envelopes stored' },
  refused: { help: 'Frames refused', label: 'code' },
  bytes_in: { help: 'Bytes of frames received' },
  bytes_out: { help: 'Bytes of frames sent' },
  commits: { help: 'Transactions written' },
  lost: { help: 'Findings of damaged envelopes on the disk' },
  requests: { help: 'HTTP requests answered', label: 'status' },
  throttled: { help: 'Requests, sessions and sockets that came too often', label: 'what' },
}

const latencySeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
const timings: Readonly<Record<TimingName, { readonly help: string; readonly bounds: readonly number[] }>> = {
  ack_seconds: { help: 'From the check of an envelope to its acknowledgement', bounds: latencySeconds },
  commit_seconds: { help: 'Time of a transaction', bounds: latencySeconds },
  commit_writes: { help: 'Writes that shared a transaction', bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] },
}

export interface Gauge {
  readonly name: string
  readonly help: string
  read(): number
}

export interface Metrics extends Meter {
  /** The page. */
  text(): string
}

interface Histogram {
  readonly buckets: number[]
  sum: number
  count: number
}

export function makeMetrics(gauges: readonly Gauge[]): Metrics {
  const counts = new Map<CounterName, Map<string, number>>()
  const histograms = new Map<TimingName, Histogram>()
  return {
    count: (name, label = '', by = 1) => {
      const known = counts.get(name) ?? new Map<string, number>()
      counts.set(name, known)
      const isPlain = /^[A-Za-z0-9-]{0,40}$/u.test(label) && (known.has(label) || known.size < maxLabels)
      const at = isPlain ? label : 'other'
      known.set(at, (known.get(at) ?? 0) + by)
    },
    observe: (name, value) => {
      const found = histograms.get(name) ?? { buckets: timings[name].bounds.map(() => 0), sum: 0, count: 0 }
      histograms.set(name, found)
      timings[name].bounds.forEach((bound, index) => {
        if (value <= bound) found.buckets[index] = (found.buckets[index] ?? 0) + 1
      })
      found.sum += value
      found.count += 1
    },
    text: () => `${[...countersText(counts), ...histogramsText(histograms), ...gaugesText(gauges)].join('\n')}\n`,
  }
}

function* countersText(counts: ReadonlyMap<CounterName, ReadonlyMap<string, number>>): Iterable<string> {
  for (const [name, { help, label }] of Object.entries(counters)) {
    yield* headOf(`${name}_total`, help, 'counter')
    const known = counts.get(name as CounterName) ?? new Map(label === undefined ? [['', 0]] : [])
    for (const [value, count] of known) yield `poruch_${name}_total${label === undefined ? '' : `{${label}="${value}"}`} ${count}`
  }
}

function* histogramsText(histograms: ReadonlyMap<TimingName, Histogram>): Iterable<string> {
  for (const [name, { help, bounds }] of Object.entries(timings)) {
    const found = histograms.get(name as TimingName)
    yield* headOf(name, help, 'histogram')
    for (const [index, bound] of bounds.entries()) yield `poruch_${name}_bucket{le="${bound}"} ${found?.buckets[index] ?? 0}`
    yield `poruch_${name}_bucket{le="+Inf"} ${found?.count ?? 0}`
    yield `poruch_${name}_sum ${found?.sum ?? 0}`
    yield `poruch_${name}_count ${found?.count ?? 0}`
  }
}

function* gaugesText(gauges: readonly Gauge[]): Iterable<string> {
  for (const gauge of gauges) {
    yield* headOf(gauge.name, gauge.help, 'gauge')
    yield `poruch_${gauge.name} ${gauge.read()}`
  }
}

function headOf(name: string, help: string, type: string): readonly string[] {
  return [`# HELP poruch_${name} ${help}.`, `# TYPE poruch_${name} ${type}`]
}
