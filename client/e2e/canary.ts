/** The command: how many secret words can be read in places that others read. */
import { isFound, makePlant } from '@poruch/testkit/canary'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeSecrets, runCanaries, wordsOf } from './canary-run.ts'

const usage = `npm run canary -- [--plant]
  Two people in Chromium use random words for all that is secret; every place that others can read is searched for them.
  --plant  puts one of the words in one of the places: the run must find it and fail
`

async function main(isPlanted: boolean): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-canary-'))
  try {
    const secrets = makeSecrets()
    const plant = isPlanted ? makePlant(wordsOf(secrets)) : null
    const survey = await runCanaries({ folder, secrets, plant })
    for (const { place, form } of survey.noted) console.log(`noted: the invitation's address as ${form} in the ${place}`)
    for (const { place, word, form } of survey.hits) console.log(`${word} as ${form} in the ${place}`)
    if (plant) console.log(`planted as ${plant.form} in the ${plant.place}: ${isFound(plant, survey.hits) ? 'found' : 'NOT FOUND'}`)
    console.log(survey.closingLine())
    return survey.hits.length === 0 && !plant ? 0 : 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Null when the arguments are not understood. */
function readPlant(args: readonly string[]): boolean | null {
  try {
    return parseArgs({ args: [...args], options: { plant: { type: 'boolean', default: false } } }).values.plant
  } catch {
    return null
  }
}

const isPlanted = readPlant(process.argv.slice(2))
if (isPlanted === null) {
  console.error(usage)
  process.exitCode = 2
} else process.exitCode = await main(isPlanted)
