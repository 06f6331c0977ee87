/** The command: crashes tabs and Chromium in mid-write, and says in its last line what was lost. */
import { parseArgs } from 'node:util'
import { closingLine, isGood, runCrashes } from './crash-run.ts'

const usage = `npm run crash-tabs -- [--crashes N]
  Crashes a writing tab N times (default 500), each tenth time all of Chromium, and looks for all that was shown as kept.
`

/** Null when the arguments are not understood. */
function readCrashes(args: readonly string[]): number | null {
  try {
    const crashes = Number(parseArgs({ args: [...args], options: { crashes: { type: 'string', default: '500' } } }).values.crashes)
    return Number.isSafeInteger(crashes) && crashes > 0 ? crashes : null
  } catch {
    return null
  }
}

const crashes = readCrashes(process.argv.slice(2))
if (crashes === null) {
  console.error(usage)
  process.exitCode = 2
} else {
  const outcome = await runCrashes({ crashes, note: (line) => console.log(line) })
  for (const fault of outcome.lost) console.log(fault)
  console.log(closingLine(outcome))
  process.exitCode = isGood(outcome) ? 0 : 1
}
