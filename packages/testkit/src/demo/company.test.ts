/** The demo company: the same each time, and really there on a real relay. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDevice } from '../kill9/devices.ts'
import { until } from '../kill9/patience.ts'
import { makePromiseBook } from '../promises.ts'
import { makeRelayProcess } from '../kill9/relay-process.ts'
import { channels, demoMessages, messageCount, people, workspaceName } from './company.ts'
import { gatherCompany } from './gather.ts'

test('[DE1] twelve people, eight channels, three hundred messages in two languages, the same each time', () => {
  const messages = demoMessages()
  expect([people.length, channels.length, messages.length]).toEqual([12, 8, messageCount])
  expect(demoMessages()).toEqual(messages)
  expect(people.map(({ fate }) => fate).filter((fate) => fate !== 'stays')).toEqual(['offline', 'removed'])
  expect(new Set(messages.map(({ channel }) => channel)).size).toBe(channels.length)
  expect(new Set(messages.map(({ author }) => author)).size).toBe(people.length)
  expect(messages.every(({ text }) => text !== '' && !text.includes('{'))).toBe(true)
  expect(new Set(messages.map(({ text }) => text)).size).toBeGreaterThan(messageCount / 3)
  expect(messages.every(({ atMs }, index) => atMs >= (messages[index - 1]?.atMs ?? 0))).toBe(true)
})

// A relay, twelve devices and a guest start in it.
const patienceMs = 120_000

test('[DE2] a guest of the demo sees the company: its people, channels, days and messages', { timeout: patienceMs }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-demo-'))
  onTestFinished(async () => rm(folder, { recursive: true, force: true }))
  const relay = await makeRelayProcess({ dataFolder: join(folder, 'relay') })
  await relay.start()
  onTestFinished(async () => void (await relay.stop()))
  const setupSecret = (await relay.setupLink()).split('/').at(-1) ?? ''
  const firstMorningMs = new Date(2026, 0, 12, 9).getTime()
  const demo = await gatherCompany({ origin: relay.origin, setupSecret, firstMorningMs })
  onTestFinished(demo.close)
  const quiet = { connected: () => undefined, frame: () => undefined }
  const guest = await openDevice({ name: 'Гість', book: makePromiseBook(), events: quiet })
  onTestFinished(guest.close)
  await guest.replica.requestJoin({ link: demo.link, displayName: 'Гість' })
  const workspace = () => guest.replica.workspace.read()
  const shown = () =>
    (workspace()?.conversations ?? [])
      .filter(({ id }) => id.kind === 'channel')
      .flatMap(({ id }) => guest.replica.conversation(id).read().messages)
  await until('the guest sees all messages', () => shown().length === messageCount)
  expect(workspace()?.name).toBe(workspaceName)
  const names = people.filter(({ fate }) => fate !== 'removed').map(({ name }) => name)
  expect(new Set(workspace()?.members.map(({ name }) => name))).toEqual(new Set([...names, 'Гість']))
  expect(
    shown()
      .map(({ text, wallTime }) => `${wallTime} ${text}`)
      .toSorted(),
  ).toEqual(
    demoMessages()
      .map(({ text, atMs }) => `${firstMorningMs + atMs} ${text}`)
      .toSorted(),
  )
})
