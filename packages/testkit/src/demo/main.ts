/** Fills a new relay with the demo company, and keeps its people connected until it is told to stop: `--setup LINK`. */
import { systemClock } from '@poruch/base'
import { gatherCompany } from './gather.ts'

const [flag, link = ''] = process.argv.slice(2)
const [, origin, setupSecret] = /^(https?:\/\/[^/#]+)\/#setup\/([A-Za-z0-9_-]+)$/u.exec(link) ?? []
/** The first Monday of the demo: two whole weeks lie between it and this one. */
const weeksAgo = 2

if (flag !== '--setup' || origin === undefined || setupSecret === undefined) {
  process.stderr.write('usage: node packages/testkit/src/demo/main.ts --setup LINK   (the setup link that a new relay prints)\n')
  process.exitCode = 2
} else {
  const today = new Date(systemClock.now())
  const sinceMonday = (today.getDay() + 6) % 7
  const monday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - sinceMonday - weeksAgo * 7, 9)
  const firstMorningMs = monday.getTime()
  const demo = await gatherCompany({ origin, setupSecret, firstMorningMs })
  process.stdout.write(`The demo company is there. Join it: ${demo.link}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void demo.close().then(() => process.exit(0)))
}
