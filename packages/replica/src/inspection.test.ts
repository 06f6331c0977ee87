import { expect, test } from 'vitest'
import { toHex } from '@poruch/base'
import { openTeam, say } from './testing/scene.ts'

test('[RP200] a device says what it holds: documents, log, peers, epochs, and what has not left yet', async () => {
  const { scene, tabs, channel } = await openTeam(['Alice', 'Bob'], { direct: true })
  const [alice, bob] = tabs
  if (!alice || !bob) throw new Error('no team')
  await scene.until('linked', () => alice.member('Bob').reach === 'direct')
  await say(scene, alice, channel, ['one', 'two'])
  await scene.until('Bob reads', () => bob.texts(channel).length === 2)
  await scene.pass(5000)
  const inspection = alice.replica.inspect()
  const document = inspection?.documents.find(({ title }) => title === 'General')
  expect(document?.structs).toBeGreaterThan(0)
  expect(document?.stateVector.map(({ clock }) => clock)).toEqual([2])
  expect(document?.sizeBytes).toBeGreaterThan(20)
  expect(inspection?.peers).toEqual([expect.objectContaining({ name: 'Bob', behindBy: 0 })])
  expect(inspection?.epochs.at(-1)?.isHeld).toBe(true)
  expect(inspection?.unsent).toEqual([])
  expect(inspection?.log).toMatchObject({ isLeading: true })
  const lines = document && (await alice.replica.readLog(document.topic))
  expect(lines?.every(({ name, state, sizeBytes }) => name === 'Alice' && state === 'opened' && sizeBytes > 100)).toBe(true)

  scene.relay.stop()
  scene.air.set(false)
  await say(scene, alice, channel, ['three'])
  await scene.until('it waits', () => alice.replica.inspect()?.unsent.length === 1)
  expect(alice.replica.inspect()?.unsent).toEqual([expect.objectContaining({ title: 'General', peers: 0 })])
})

test('[RP201] what a trace begins with is the membership log and the sealed envelopes, in which no word is found', async () => {
  const { scene, tabs, channel } = await openTeam(['Alice'])
  const [alice] = tabs
  if (!alice) throw new Error('no team')
  await say(scene, alice, channel, ['canary'])
  const holdings = await alice.replica.holdings()
  expect(holdings?.records.length).toBeGreaterThan(1)
  expect(holdings?.heads.length).toBeGreaterThan(0)
  expect(holdings?.rows).toHaveLength(holdings?.heads.reduce((sum, { seq }) => sum + seq, 0) ?? -1)
  const bytes = holdings?.rows.map(({ envelope }) => toHex(envelope)).join('') ?? ''
  expect(bytes).not.toContain(toHex(new TextEncoder().encode('canary')))
})
