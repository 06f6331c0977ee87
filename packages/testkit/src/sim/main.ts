/** The simulator's command: runs schedules from seeds and says in its last line what it found. */
import { createWriteStream } from 'node:fs'
import { parseArgs } from 'node:util'
import { adversaries } from './adversaries/catalogue.ts'
import { isClean } from './checks.ts'
import { plants } from './plants.ts'
import { closingLine, reasonsOf } from './report.ts'
import { runSchedule } from './schedule.ts'
import type { Outcome } from './schedule.ts'
import { plantedScenario } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { runInThreads } from './threads.ts'
import type { ThreadedRun } from './threads.ts'

const usage = `npm run sim -- [--schedules N] [--seed S] [--byzantine] [--only ADVERSARY] [--plant ${plants.join(' | ')}] [--real-crypto] [--trace FILE] [--verbose]
  Runs N schedules (default 100), the first from seed S (default 1), the next from S + 1, and so on.
  --byzantine    members and relays attack, two to four at a time
  --only NAME    one adversary alone, in every schedule
  --list         names them
  --plant        puts in a bug on purpose: the run must fail
  --real-crypto  WebCrypto instead of the keyed hash: slower, and its traces are not repeatable
  --trace FILE   writes down all that happens
  --verbose      one line for each schedule
`

interface Settings {
  readonly schedules: number
  readonly seed: number
  readonly scenario: Scenario
  readonly list: boolean
  readonly trace: string | null
  readonly verbose: boolean
}

/** Null when the arguments are not understood. */
function readSettings(args: readonly string[]): Settings | null {
  try {
    const { values } = parseArgs({
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
        verbose: { type: 'boolean', default: false },
      },
    })
    const [schedules, seed] = [Number(values.schedules), Number(values.seed)]
    const plant = plants.find((name) => name === values.plant) ?? null
    const isGood = Number.isSafeInteger(schedules) && schedules > 0 && Number.isSafeInteger(seed) && seed >= 0
    if (!isGood || (values.plant !== undefined && plant === null)) return null
    const { only = null, list, verbose, trace = null } = values
    if (only !== null && !adversaries.some(({ name }) => name === only)) return null
    const isAttacked = values.byzantine || only !== null
    const base = plant && !isAttacked ? plantedScenario(plant) : { plant, byzantine: isAttacked, only }
    const scenario = { ...base, realCrypto: values['real-crypto'] }
    return { schedules, seed, scenario, list, trace, verbose }
  } catch {
    return null
  }
}

async function main({ schedules, seed: first, scenario, list, trace, verbose }: Settings): Promise<number> {
  if (list) {
    for (const { name, by } of adversaries) console.log(`${name} (a ${by})`)
    return 0
  }
  const seeds = Array.from({ length: schedules }, (_, index) => first + index)
  const onOutcome = (outcome: Outcome): void => {
    const { seed, messages, events, traceHash, findings } = outcome
    if (verbose) console.log(`seed ${seed}: ${messages} messages, ${events} events, ${traceHash.slice(0, 16)}`)
    if (!isClean(findings)) console.log(reasonsOf(outcome).join('\n'))
  }
  const outcomes =
    trace === null ? await runInThreads({ seeds, scenario, onOutcome }) : await runTraced({ seeds, scenario, onOutcome }, trace)
  console.log(closingLine(outcomes, scenario.plant !== null))
  return outcomes.every(({ findings }) => isClean(findings)) ? 0 : 1
}

/** One after another, everything written down. */
async function runTraced({ seeds, scenario, onOutcome }: ThreadedRun, path: string): Promise<readonly Outcome[]> {
  const file = createWriteStream(path)
  const outcomes: Outcome[] = []
  for (const seed of seeds) {
    file.write(`schedule ${seed}\n`)
    const outcome = await runSchedule({ seed, scenario, write: (line) => file.write(line) })
    outcomes.push(outcome)
    onOutcome(outcome)
  }
  file.end()
  return outcomes
}

const settings = readSettings(process.argv.slice(2))
if (settings) process.exitCode = await main(settings)
else {
  console.error(usage)
  process.exitCode = 2
}
