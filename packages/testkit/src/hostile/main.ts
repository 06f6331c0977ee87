/** The command: a relay that attacks its own members, and a line for each attack that says whether they held. */
import { tmpdir } from 'node:os'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { attacks } from './attacks.ts'
import { plants } from './plants.ts'
import type { PlantName } from './plants.ts'
import { closingLine, lineOf } from './report.ts'
import { runAttacks, withFolder } from './run.ts'

const usage = `npm run hostile-relay -- [--only TEXT] [--quick] [--plant ${Object.keys(plants).join(' | ')}]
  Attacks honest devices from behind the real relay, twice: with the relay's own checks, and without.
  --only   the attacks whose names hold TEXT
  --quick  those that share one workspace: the others each need one of their own
  --plant  puts a bug into two of the three honest devices: the run must fail
`

interface Settings {
  readonly only: string
  readonly quick: boolean
  readonly plant: PlantName | null
}

/** Null when the arguments are not understood. */
function readSettings(args: readonly string[]): Settings | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { only: { type: 'string', default: '' }, quick: { type: 'boolean', default: false }, plant: { type: 'string' } },
    })
    const plant = values.plant ?? null
    if (plant !== null && !(plant in plants)) return null
    return { only: values.only, quick: values.quick, plant: plant as PlantName | null }
  } catch {
    return null
  }
}

async function main({ only, quick, plant }: Settings): Promise<number> {
  const chosen = attacks.filter(({ name, isFinal, alarms }) => name.includes(only) && !(quick && (isFinal || alarms)))
  const verdicts = await withFolder(tmpdir(), async (folder) =>
    runAttacks({
      folder,
      attacks: chosen,
      ...(plant ? { plant: plants[plant] } : {}),
      note: (checks, verdict, tookMs) => console.log(lineOf(checks, verdict, tookMs)),
    }),
  )
  console.log(closingLine(chosen.length, verdicts))
  return chosen.length > 0 && verdicts.every(({ faults }) => faults.length === 0) ? 0 : 1
}

/** A run that is interrupted ends its relay, too. */
function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const settings = readSettings(process.argv.slice(2))
  endOnSignals()
  // Retries of minutes that some device had before it was closed are not waited for.
  if (settings) process.exit(await main(settings))
  else {
    console.error(usage)
    process.exitCode = 2
  }
}
