/** The simulator's command: runs schedules from seeds and says in its last line what it found. */
import { adversaries } from './adversaries/catalogue.ts'
import { readFileSync } from 'node:fs'
import { makeChance } from './chance.ts'
import { isClean } from './checks.ts'
import { replayDevice } from './device-trace.ts'
import type { DeviceReplay } from './device-trace.ts'
import { closingLine, reasonsOf } from './report.ts'
import type { Outcome } from './schedule.ts'
import { readSettings, usage } from './settings.ts'
import type { Settings } from './settings.ts'
import { realSuite } from './suites.ts'
import { runInThreads } from './threads.ts'
import { replay, writeTrace } from './trace-file.ts'

/** Failing schedules that are written down; more are seldom looked at. */
const maxTraces = 3
/** Schedules from one word of progress to the next: some minutes. */
const progressStep = 500

async function main(settings: Settings): Promise<number> {
  if (settings.list) return list()
  if (settings.replay !== null) return runAgain(settings.replay)
  const { seeds, scenario, trace, verbose } = settings
  let done = 0
  const onOutcome = (outcome: Outcome): void => {
    if (++done % progressStep === 0 && done < seeds.length) console.log(`${done} of ${seeds.length} schedules`)
    const { seed, messages, events, traceHash, findings } = outcome
    if (verbose) console.log(`seed ${seed}: ${messages} messages, ${events} events, ${traceHash.slice(0, 16)}`)
    if (!isClean(findings)) console.log(reasonsOf(outcome).join('\n'))
  }
  const [first = 0] = seeds
  if (trace !== null) await writeTrace(trace, first, scenario)
  const outcomes = await runInThreads({ seeds, scenario, onOutcome })
  if (!scenario.realCrypto) await keepTraces(outcomes, settings)
  console.log(closingLine(outcomes, scenario.plant !== null))
  return outcomes.every(({ findings }) => isClean(findings)) ? 0 : 1
}

function list(): number {
  for (const { name, by } of adversaries) console.log(`${name} (a ${by})`)
  return 0
}

async function keepTraces(outcomes: readonly Outcome[], { scenario }: Settings): Promise<void> {
  for (const { seed } of outcomes.filter(({ findings }) => !isClean(findings)).slice(0, maxTraces)) {
    const path = `.reports/sim-${scenario.plant ?? 'seed'}-${seed}.jsonl`
    await writeTrace(path, seed, scenario)
    console.log(`seed ${seed}: written down; npm run sim -- --replay ${path}`)
  }
}

async function runAgain(path: string): Promise<number> {
  const ofDevice = await replayDevice(readFileSync(path, 'utf8').trimEnd().split('\n'), realSuite(makeChance('replay')))
  if (ofDevice) return sayReplayed(ofDevice)
  const replayed = await replay(path)
  if (!replayed) {
    console.error(`${path} is no trace`)
    return 2
  }
  const { outcome, events, differsAt } = replayed
  console.log(reasonsOf(outcome).join('\n'))
  console.log(`seed ${outcome.seed}: ${events} events, ${differsAt === null ? 'the same end' : `another way from line ${differsAt} on`}`)
  return differsAt === null ? 0 : 1
}

function sayReplayed({ frames, judged, said, differences }: DeviceReplay): number {
  for (const [what, count] of Object.entries(said)) console.log(`${what}: ${count}`)
  for (const difference of differences) console.log(difference)
  const end = differences.length === 0 ? 'the same end' : `${differences.length} chains end elsewhere`
  console.log(`device: ${frames} frames, ${judged} judged, ${end}`)
  return differences.length === 0 ? 0 : 1
}

const settings = readSettings(process.argv.slice(2))
if (settings) process.exitCode = await main(settings)
else {
  console.error(usage)
  process.exitCode = 2
}
