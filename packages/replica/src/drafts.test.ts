/** What was typed and not sent, over restarts and in all tabs of a device. */
import { expect, test } from 'vitest'
import { openTeam, say } from './testing/scene.ts'

async function openAlice() {
  const { scene, devices, tabs, channel } = await openTeam(['Alice'])
  const [device] = devices
  const [tab] = tabs
  if (!device || !tab) throw new Error('no team')
  return { scene, device, tab, channel }
}

test('[RP80] a draft is shown at once, is in all tabs of the device, and is there after a restart', async () => {
  const { scene, device, tab, channel } = await openAlice()
  const other = await device.open()
  await tab.replica.writeDraft(channel, 'half a thought')
  expect(tab.replica.drafts.read()).toEqual([{ conversation: channel, text: 'half a thought' }])
  await scene.until('the other tab shows it', () => other.replica.drafts.read()[0]?.text === 'half a thought')
  await tab.close()
  await other.close()
  const again = await device.open()
  expect(again.replica.drafts.read()).toEqual([{ conversation: channel, text: 'half a thought' }])
})

test('[RP80] an empty text ends the draft everywhere; closing keeps what was typed a moment ago', async () => {
  const { scene, device, tab, channel } = await openAlice()
  const other = await device.open()
  await tab.replica.writeDraft(channel, 'never sent')
  await scene.until('the other tab shows it', () => other.replica.drafts.read().length === 1)
  await tab.replica.writeDraft(channel, '')
  await scene.until('it is gone there', () => other.replica.drafts.read().length === 0)
  expect(await device.disk.open().listRecords('drafts')).toEqual([])
  await tab.replica.writeDraft(channel, 'at the last moment')
  await tab.close()
  expect((await device.open()).replica.drafts.read()).toHaveLength(1)
})

test('[RP81] what is typed here is not replaced by what another tab wrote before', async () => {
  const { scene, device, tab, channel } = await openAlice()
  const other = await device.open()
  await other.replica.writeDraft(channel, 'from the other tab')
  await tab.replica.writeDraft(channel, 'f')
  await tab.replica.writeDraft(channel, 'from here')
  await scene.until('both agree', () => {
    const texts = [tab, other].map(({ replica }) => replica.drafts.read()[0]?.text)
    return texts[0] === texts[1]
  })
  await scene.pass(1_000)
  await say(scene, tab, channel, ['sent'])
  await tab.replica.writeDraft(channel, '')
  await scene.until('no draft is left', () => [tab, other].every(({ replica }) => replica.drafts.read().length === 0))
})

test('[RP82] a text of more than a million characters is refused, and the draft before it stays', async () => {
  const { tab, channel } = await openAlice()
  await tab.replica.writeDraft(channel, 'short')
  await expect(tab.replica.writeDraft(channel, 'x'.repeat(1_000_001))).rejects.toMatchObject({ code: 'too-long' })
  expect(tab.replica.drafts.read()[0]?.text).toBe('short')
})

test('[RP83] what is being sent stays a draft on the disk until it is a message there', async () => {
  const { scene, device, tab, channel } = await openAlice()
  const kept = async () => (await device.disk.open().listRecords('drafts')).length
  await tab.replica.writeDraft(channel, 'on its way')
  await scene.pass(1_000)
  const sending = Promise.withResolvers<void>()
  await tab.replica.writeDraft(channel, '', sending.promise)
  expect(tab.replica.drafts.read()).toEqual([])
  await scene.pass(1_000)
  expect(await kept()).toBe(1)
  sending.resolve()
  // At once: a reload would show it twice.
  await scene.pass(1)
  expect(await kept()).toBe(0)
})
