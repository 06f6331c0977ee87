/** A process whose disk fails a write (an error, not a lack of room): no file may grow beyond what its parent has set; then it may. */
import { spawnSync } from 'node:child_process'
import { codeOf } from '@poruch/base'
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { openSqliteRelayLog } from '../sqlite/relay-log.ts'

// Unheard, the signal would end the process; heard, the write fails with an error that is not the one of a full disk.
process.on('SIGXFSZ', () => undefined)

const [path = ''] = process.argv.slice(2)
const topic = 'a1'.repeat(32) as TopicId
const device = 'aa'.repeat(32) as DeviceId
const log = await openSqliteRelayLog({ path })
const append = async (seq: number): Promise<string> => {
  const id = seq.toString(16).padStart(64, '0') as EnvelopeId
  return log
    .append({ topic, id, device, deviceSeq: seq, bytes: new Uint8Array(20_000) })
    .then(({ ok }) => (ok ? 'kept' : 'refused'), codeOf)
}

let acknowledged = 0
let code = await append(1)
for (; code === 'kept'; code = await append(acknowledged + 1)) acknowledged++
const read = (await log.read(topic, 0, 10_000)).length
const next = ((await log.chainHead(topic, device))?.deviceSeq ?? 0) + 1
spawnSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited'])
const after = await append(next)
await log.close()
console.log(JSON.stringify({ acknowledged, code, read, next, after }))
