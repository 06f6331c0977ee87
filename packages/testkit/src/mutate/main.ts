/** The command: breaks the packages in many small ways, and says in its last line how often the tests noticed. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { attackRows } from '../architecture/attack-inventory.ts'
import { readSources, readText } from '../architecture/sources.ts'
import { mutants } from './mutants/index.ts'
import { closingLine, faultsOf, survivorLines } from './report.ts'
import { runMutants } from './run.ts'

const usage = `npm run mutate -- [--only TEXT] [--workers N]
  --only     mutants whose id or file has this text
  --workers  how many at once (default: one for each core)
`

interface Settings {
  readonly only: string
  readonly workers: number
}

/** Null when the arguments are not understood. */
function readSettings(args: readonly string[]): Settings | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { only: { type: 'string', default: '' }, workers: { type: 'string', default: String(availableParallelism()) } },
    })
    const workers = Number(values.workers)
    return Number.isSafeInteger(workers) && workers > 0 ? { only: values.only, workers } : null
  } catch {
    return null
  }
}

async function main({ only, workers }: Settings): Promise<number> {
  const chosen = mutants.filter(({ id, file }) => id.includes(only) || file.includes(only))
  const repository = join(import.meta.dirname, '..', '..', '..', '..')
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)))
  const fates = await runMutants({
    repository,
    sources: readSources(),
    mutants: chosen,
    rows: attackRows(readText('docs/THREAT-MODEL.md') ?? ''),
    workers,
    signal: stop.signal,
    note: (line) => console.log(line),
  })
  const faults = faultsOf(fates)
  for (const line of [...survivorLines(fates), ...faults, closingLine(fates)]) console.log(line)
  return faults.length === 0 ? 0 : 1
}

const settings = readSettings(process.argv.slice(2))
if (settings) process.exitCode = await main(settings)
else {
  console.error(usage)
  process.exitCode = 2
}
