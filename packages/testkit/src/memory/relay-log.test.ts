/** The memory log against the contract, and its tail that a crash drops. */
import { codeOf } from '@poruch/base'
import type { DeviceId, TopicId } from '@poruch/base'
import { expect, test } from 'vitest'
import { relayLogContract, relayRow } from '../contract/relay-log.ts'
import { makeMemoryRelayLog } from './relay-log.ts'

const topic = 'a1'.repeat(32) as TopicId
const alice = 'aa'.repeat(32) as DeviceId

relayLogContract('memory', async () => {
  const log = makeMemoryRelayLog()
  return { log, reopen: () => Promise.resolve(log.crash()), end: () => log.close() }
})

test('[AN15] with an unsynced tail a commit is durable, and answered, at `sync`; a crash drops the rest', async () => {
  let tails = 0
  const log = makeMemoryRelayLog({ onTail: () => (tails += 1) })
  const first = log.append(relayRow(alice, 1))
  log.sync()
  expect(await first).toEqual({ ok: true, relaySeq: 1, known: false })
  const second = log.append(relayRow(alice, 2)).then(() => 'acknowledged', codeOf)
  const after = log.crash()
  expect(await second).toBe('closed')
  expect(tails).toBe(2)
  expect((await after.head(topic)).relaySeq).toBe(1)
  expect(await log.append(relayRow(alice, 2)).then(() => 'acknowledged', codeOf)).toBe('closed')
})

test('[SI12] what is read of an unsynced tail is answered at `sync`: a known envelope is not acknowledged before it is durable', async () => {
  const log = makeMemoryRelayLog({ onTail: () => undefined })
  const written = log.append(relayRow(alice, 1)).then(() => 'acknowledged', codeOf)
  const read = log.chainAt(topic, alice, 1).then(() => 'answered', codeOf)
  const known = log.append(relayRow(alice, 1)).then(() => 'acknowledged', codeOf)
  log.crash()
  expect(await Promise.all([written, read, known])).toEqual(['closed', 'closed', 'closed'])
})

test('[AN15] the planted bug answers before the commit and loses what it answered', async () => {
  const log = makeMemoryRelayLog({ onTail: () => undefined, plantAckBeforeCommit: true })
  expect(await log.append(relayRow(alice, 1))).toEqual({ ok: true, relaySeq: 1, known: false })
  expect((await log.crash().head(topic)).relaySeq).toBe(0)
})
