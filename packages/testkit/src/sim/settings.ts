/** What the simulator's command is asked for. */
import { parseArgs } from 'node:util'
import { adversaries } from './adversaries/catalogue.ts'
import { plants } from './plants.ts'
import { plantedScenario } from './scenario.ts'
import type { Scenario } from './scenario.ts'

export const usage = `npm run sim -- [--schedules N] [--seed S] [--byzantine] [--only ADVERSARY] [--plant ${plants.join(' | ')}]
             [--real-crypto] [--trace FILE] [--verbose] | --list | --replay FILE
  Runs N schedules (default 100), the first from seed S (default 1), the next from S + 1, and so on.
  --byzantine    members and relays attack, two to four at a time
  --only NAME    one adversary alone, in every schedule
  --list         names them
  --plant        puts in a bug on purpose: the run must fail
  --real-crypto  WebCrypto instead of the keyed hash: slower, and not repeatable
  --trace FILE   writes down the first of the schedules; those that fail are written down anyhow
  --replay FILE  runs what a trace holds again
  --verbose      one line for each schedule
`

export interface Settings {
  readonly seeds: readonly number[]
  readonly scenario: Scenario
  readonly list: boolean
  readonly trace: string | null
  readonly replay: string | null
  readonly verbose: boolean
}

/** Null when the arguments are not understood. */
export function readSettings(args: readonly string[]): Settings | null {
  try {
    return settingsOf(parse(args))
  } catch {
    return null
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      schedules: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      byzantine: { type: 'boolean', default: false },
      only: { type: 'string' },
      list: { type: 'boolean', default: false },
      plant: { type: 'string' },
      'real-crypto': { type: 'boolean', default: false },
      trace: { type: 'string' },
      replay: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  }).values
}

function settingsOf(values: ReturnType<typeof parse>): Settings | null {
  const [count, first] = [Number(values.schedules), Number(values.seed)]
  if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(first) || first < 0) return null
  const { only = null, list, verbose, trace = null, replay = null } = values
  const plant = plants.find((name) => name === values.plant) ?? null
  if (values.plant !== undefined && plant === null) return null
  if (only !== null && !adversaries.some(({ name }) => name === only)) return null
  const byzantine = values.byzantine || only !== null
  const base = plant && !byzantine ? plantedScenario(plant) : { plant, byzantine, only }
  const seeds = Array.from({ length: count }, (_, index) => first + index)
  return { seeds, scenario: { ...base, realCrypto: values['real-crypto'] }, list, trace, replay, verbose }
}
