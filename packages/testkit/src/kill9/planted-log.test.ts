import type { DeviceId, TopicId } from '@poruch/base'
import { expect, test } from 'vitest'
import { relayRow } from '../contract/relay-log.ts'
import { makeMemoryRelayLog } from '../memory/relay-log.ts'
import { answerEarly } from './planted-log.ts'

const topic = 'a1'.repeat(32) as TopicId
const alice = 'aa'.repeat(32) as DeviceId

test('[KI5] the planted log answers and reads like an honest one before the database has the row', async () => {
  const database = makeMemoryRelayLog()
  const planted = answerEarly(database)
  await database.append(relayRow(alice, 1))
  expect(await planted.append(relayRow(alice, 2))).toEqual({ ok: true, relaySeq: 2, known: false })
  expect(await planted.append(relayRow(alice, 2))).toEqual({ ok: true, relaySeq: 2, known: true })
  expect(await planted.append(relayRow(alice, 2, topic, 1))).toEqual({ ok: false, reason: 'fork' })
  expect(await planted.append(relayRow(alice, 4))).toEqual({ ok: false, reason: 'chain' })
  const [head, last] = [await planted.head(topic), relayRow(alice, 2).id]
  expect([head.relaySeq, head.id]).toEqual([2, last])
  expect((await planted.at(topic, 2))?.id).toBe(last)
  expect((await planted.chainHead(topic, alice))?.id).toBe(last)
  expect((await planted.chainAt(topic, alice, 1))?.relaySeq).toBe(1)
  expect((await planted.read(topic, 0, 10)).map(({ relaySeq }) => relaySeq)).toEqual([1, 2])
  expect((await database.head(topic)).relaySeq).toBe(1)
  await planted.close()
})
