/** The command: how many secret words can be read in places that others read. */
import { makeCanary } from '@poruch/testkit/canary'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCanaries } from './canary-run.ts'

const words = (count: number): string[] => Array.from({ length: count }, makeCanary)
const folder = await mkdtemp(join(tmpdir(), 'poruch-canary-'))
try {
  const [workspace = '', a = '', b = '', c = '', d = '', e = '', f = '', ...texts] = words(25)
  const { survey, places } = await runCanaries({ folder, secrets: { workspace, names: [a, b], channels: [c, d], drafts: [e, f], texts } })
  console.log({ workspace, a, b, c, d, e, f })
  console.log(places.join(' '))
  for (const hit of survey.hits) console.log(hit)
  console.log(survey.closingLine())
} finally {
  if (!process.env['KEEP']) await rm(folder, { recursive: true, force: true }); else console.log(folder)
}
