/** The command: kills the real relay in mid-write, and says in its last line what was lost. */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { closingLine, isGood, percentile } from './report.ts'
import { runKills } from './run.ts'

const plants = ['ack-before-commit'] as const
const usage = `npm run kill9 -- [--kills N] [--seed S] [--plant ${plants.join(' | ')}] [--verbose]
  Kills the relay N times (default 100) at moments drawn from seed S (default 1).
  --plant    puts in a bug on purpose: the run must fail
  --verbose  one line for each kill
`
/** Faults printed. */
const maxReasons = 20

interface Settings {
  readonly kills: number
  readonly seed: number
  readonly isPlanted: boolean
  readonly verbose: boolean
}

/** Null when the arguments are not understood. */
function readSettings(args: readonly string[]): Settings | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        kills: { type: 'string', default: '100' },
        seed: { type: 'string', default: '1' },
        plant: { type: 'string' },
        verbose: { type: 'boolean', default: false },
      },
    })
    const [kills, seed] = [Number(values.kills), Number(values.seed)]
    const isGoodPlant = values.plant === undefined || plants.some((name) => name === values.plant)
    if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed) || seed < 0 || !isGoodPlant) return null
    return { kills, seed, isPlanted: values.plant !== undefined, verbose: values.verbose }
  } catch {
    return null
  }
}

async function main({ kills, seed, isPlanted, verbose }: Settings): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-kill9-'))
  try {
    const outcome = await runKills({
      kills,
      seed,
      folder,
      ...(isPlanted ? { entry: fileURLToPath(new URL('planted-relay.ts', import.meta.url)) } : {}),
      ...(verbose ? { note: (line: string) => console.log(line) } : {}),
    })
    for (const fault of outcome.lost.slice(0, maxReasons)) console.log(fault)
    console.log(`seed ${seed}: ${outcome.envelopes} acknowledged envelopes, ${outcome.entries} ordered entries`)
    // Time to ready says little without it: a start takes a second and a half of processor time.
    console.log(`ready p50 ${percentile(outcome.readyMs, 0.5)} ms; load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`)
    console.log(closingLine(outcome))
    return isGood(outcome) ? 0 : 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const settings = readSettings(process.argv.slice(2))
  if (settings) process.exitCode = await main(settings)
  else {
    console.error(usage)
    process.exitCode = 2
  }
}
