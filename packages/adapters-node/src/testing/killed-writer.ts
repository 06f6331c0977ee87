/** A process that appends until it is killed, and says on standard output what was acknowledged. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { openSqliteRelayLog } from '../sqlite/relay-log.ts'

const [, , path = '', firstSeq = '1'] = process.argv
const topic = 'a1'.repeat(32) as TopicId
const device = 'aa'.repeat(32) as DeviceId
/** Appends on their way at once: enough that commits hold several. */
const windowSize = 8

const log = await openSqliteRelayLog({ path })
const onTheWay: Promise<void>[] = []
for (let seq = Number(firstSeq); ; seq++) {
  const id = seq.toString(16).padStart(64, '0') as EnvelopeId
  const appended = log.append({ topic, id, device, deviceSeq: seq, bytes: new Uint8Array(500).fill(seq % 256) })
  onTheWay.push(
    appended.then((one) => {
      if (one.ok) process.stdout.write(`${one.relaySeq}\n`)
    }),
  )
  if (onTheWay.length >= windowSize) await onTheWay.shift()
}
