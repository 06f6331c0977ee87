/** The command: runs the rows asked for, prints a table, and writes the records down where a file is named. */
import { writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { BenchRecord } from './record.ts'
import type { Row, Scale } from './row.ts'
import { updatePage } from './page.ts'
import { rows } from './rows.ts'
import { machineLine, markdownTable } from './table.ts'

const usage = `npm run bench -- [--json FILE] [--page FILE] [--tiny] [ROW…]
  Runs the rows named (default all: ${rows.map(({ id }) => id).join(' ')}).
  --json FILE  writes the records as a JSON array
  --page FILE  puts machine, date and table into that page, between its two marks
  --tiny       the smallest work: shows that the rows run, not how fast
`

interface Settings {
  readonly json: string | null
  readonly page: string | null
  readonly scale: Scale
  readonly chosen: readonly Row[]
}

/** Null when the arguments are not understood. */
export function readSettings(args: readonly string[]): Settings | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: 'string' }, page: { type: 'string' }, tiny: { type: 'boolean', default: false } },
      allowPositionals: true,
    })
    const chosen = rows.filter(({ id }) => positionals.length === 0 || positionals.includes(id))
    if (positionals.some((name) => !rows.some(({ id }) => id === name))) return null
    return { json: values.json ?? null, page: values.page ?? null, scale: values.tiny ? 'tiny' : 'full', chosen }
  } catch {
    return null
  }
}

async function main({ json, page, scale, chosen }: Settings): Promise<void> {
  const records: BenchRecord[] = []
  for (const row of chosen) {
    console.error(`${row.id}: ${row.title} …`)
    records.push(...(await row.run(scale)))
    if (json !== null) await writeFile(json, `${JSON.stringify(records, null, 2)}\n`)
  }
  const results = `${new Date().toISOString().slice(0, 10)}, ${machineLine()}\n\n${markdownTable(records)}`
  if (page !== null) await updatePage(page, results)
  console.log(results)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const settings = readSettings(process.argv.slice(2))
  if (settings) await main(settings)
  else {
    console.error(usage)
    process.exitCode = 2
  }
}
