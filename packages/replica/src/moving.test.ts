import { toBase64Url } from '@poruch/base'
import { describe, expect, test, vi } from 'vitest'
import { connected, finished, joinAs, openTeam, otherOrigin, say } from './testing/scene.ts'
import type { Tab } from './testing/scene.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000 })

/** Alice owns; the relay refuses to order what she wants of it. */
async function openCensored() {
  const team = await openTeam(['Alice', 'Bob', 'Carol'])
  const { scene, channel } = team
  const [alice, bob, carol] = team.tabs
  const [aliceDevice] = team.devices
  if (!alice || !bob || !carol || !aliceDevice) throw new Error('no team')
  await say(scene, alice, channel, ['before'])
  await scene.until('all read', () => team.tabs.every((tab) => tab.texts(channel).length === 1))
  aliceDevice.wire = (way, frame, answer) => {
    if (way !== 'up' || frame.type !== 'PROPOSE' || !isRefusing) return true
    answer({ type: 'REFUSE', ref: frame.ref, code: 'no-right', detail: '' })
    return 'lost'
  }
  let isRefusing = true
  const move = async (tab: Tab, options: { setupSecret?: string } = {}): Promise<'ordered' | 'waiting'> =>
    finished(scene, tab.replica.moveRelay({ origin: otherOrigin, ...options }))
  const setupSecret = toBase64Url(scene.other.setup)
  return {
    ...team,
    alice,
    bob,
    carol,
    move,
    setupSecret,
    letThrough: () => {
      isRefusing = false
    },
  }
}

describe('a relay that refuses a removal', () => {
  test('[RP160] is replaced by the owner, and the removal stands; members follow, the removed one does not come back', async () => {
    const { scene, alice, bob, carol, channel, move, setupSecret, letThrough } = await openCensored()
    const user = alice.member('Bob').user
    await expect(finished(scene, alice.replica.removeMember(user))).rejects.toMatchObject({ code: 'refused', reason: 'no-right' })
    letThrough()
    await move(alice, { setupSecret })
    await connected(scene, alice)
    await finished(scene, alice.replica.removeMember(user))
    // The old relay goes on without her: what it orders since is beside the log.
    await finished(scene, bob.replica.createChannel('between us'))
    await scene.until('Carol heard the old relay', () => carol.workspace().conversations.length === 4)
    await move(carol)
    await connected(scene, carol)
    await scene.until('Carol knows', () => !carol.workspace().members.some(({ name }) => name === 'Bob'))
    expect(carol.workspace().conversations).toHaveLength(2)
    await say(scene, alice, channel, ['after'])
    await say(scene, carol, channel, ['after, too'])
    await scene.until('both read', () => [alice, carol].every((tab) => tab.texts(channel).length === 3))
    await scene.pass(5_000)
    expect(bob.texts(channel)).toEqual(['before'])
    await expect(move(bob)).rejects.toMatchObject({ code: 'refused' })
  })

  test('[RP161] nobody but an owner moves it, and a wrong setup secret moves nothing', async () => {
    const { scene, alice, carol, move, setupSecret, channel } = await openCensored()
    await expect(move(carol, { setupSecret })).rejects.toMatchObject({ code: 'refused', reason: 'no-right' })
    await expect(move(alice, { setupSecret: toBase64Url(new Uint8Array(16)) })).rejects.toMatchObject({
      code: 'refused',
      reason: 'bad-setup',
    })
    await expect(move(alice, { setupSecret: 'no secret' })).rejects.toMatchObject({ code: 'bad-link' })
    await expect(move(carol)).rejects.toMatchObject({ code: 'refused' })
    scene.other.stop()
    await expect(move(alice, { setupSecret })).rejects.toMatchObject({ code: 'not-online' })
    await say(scene, alice, channel, ['still here'])
    await scene.until('Carol reads', () => carol.texts(channel).length === 2)
  })

  test('[RP162] after a restart the device is with the new relay, which has everything', async () => {
    const { scene, alice, carol, devices, channel, move, setupSecret, letThrough } = await openCensored()
    letThrough()
    await move(alice, { setupSecret })
    await alice.close()
    const again = await devices[0]?.open()
    if (!again) throw new Error('no device')
    again.online()
    await connected(scene, again)
    await say(scene, again, channel, ['here now'])
    scene.relay.stop()
    await move(carol)
    await scene.until('Carol reads', () => carol.texts(channel).length === 2)
    expect(again.replica.connection.read().relay.origin).toBe(otherOrigin)
  })

  test('[RP164] what a member proposed and the move abandoned is proposed again', async () => {
    const { scene, alice, carol, move, setupSecret, letThrough } = await openCensored()
    letThrough()
    await move(alice, { setupSecret })
    await finished(scene, carol.replica.createChannel('meanwhile'))
    await move(carol)
    await scene.until('both have it', () =>
      [alice, carol].every((tab) => tab.workspace().conversations.filter(({ id }) => id.kind === 'channel').length === 2),
    )
  })

  test('[RP163] who hears of it from a peer leaves the old relay', async () => {
    const { scene, alice, carol, move, setupSecret, letThrough } = await openCensored()
    letThrough()
    await move(alice, { setupSecret })
    scene.air.set(true)
    await scene.until('Carol is warned', () => carol.replica.alarms.read().some(({ code }) => code === 'relay-changed'))
    await move(carol)
    await connected(scene, carol)
    await scene.until('the alarm has ended', () => carol.replica.alarms.read().every(({ code }) => code !== 'relay-changed'))
  })

  test('[RP165] [RE164] what is written under entries that the move abandons is read by everybody, also after restarts, and its author writes on', async () => {
    const { scene, alice, carol, devices, channel, move, setupSecret, letThrough } = await openCensored()
    letThrough()
    await move(alice, { setupSecret })
    await finished(scene, carol.replica.createChannel('meanwhile'))
    await say(scene, carol, channel, ['meanwhile'])
    await move(carol)
    await connected(scene, carol)
    await scene.until('Alice reads it', () => alice.texts(channel).includes('meanwhile'))
    await say(scene, carol, channel, ['after'])
    await scene.until('Alice reads on', () => alice.texts(channel).includes('after'))
    await carol.close()
    const again = await devices[2]!.open()
    await scene.until('Carol reads it after a restart', () => again.texts(channel).length === 3)
    scene.other.stop()
    await scene.other.start()
    again.online()
    await connected(scene, alice, again)
    const dora = await scene.device('Dora').open()
    dora.online()
    await joinAs(scene, alice, dora, 'Dora')
    await scene.until('so does who comes later', () => dora.texts(channel).length === 3)
    expect(dora.texts(channel)).toEqual(alice.texts(channel))
  })

  test('[RP166] [SY126] who has opened an epoch under such entries writes on; what that one sealed is shown nowhere any more', async () => {
    const { scene, alice, bob, carol, devices, channel, move, setupSecret, letThrough } = await openCensored()
    letThrough()
    await move(alice, { setupSecret })
    // Bob leaves the old log: Carol opens the epoch that is due there.
    await finished(scene, bob.replica.leave())
    await scene.until('Carol has it', () => carol.workspace().members.length === 2)
    await scene.pass(10_000)
    await say(scene, carol, channel, ['under the epoch'])
    // Where the left stretch was longer, its authors would wait for the new one.
    for (const title of ['one', 'two', 'three', 'four']) await finished(scene, alice.replica.createChannel(title))
    await move(carol)
    await connected(scene, carol)
    await say(scene, carol, channel, ['after'])
    await scene.until('Alice reads on', () => alice.texts(channel).includes('after'))
    await scene.pass(5_000)
    for (const tab of [alice, carol]) expect(tab.texts(channel)).toEqual(['before', 'after'])
    await carol.close()
    const again = await devices[2]!.open()
    again.online()
    await connected(scene, again)
    await say(scene, again, channel, ['on'])
    await scene.until('Alice reads that, too', () => alice.texts(channel).includes('on'))
    expect(again.texts(channel)).toEqual(['before', 'after', 'on'])
    const dora = await scene.device('Dora').open()
    dora.online()
    await joinAs(scene, alice, dora, 'Dora')
    await scene.until('and who comes later', () => dora.texts(channel).includes('on'))
    expect(dora.texts(channel)).toEqual(alice.texts(channel))
  })

  test('[RP166] so over a direct link', async () => {
    const { scene, alice, bob, carol, devices, channel, move, setupSecret, letThrough } = await openCensored()
    letThrough()
    await move(alice, { setupSecret })
    await finished(scene, bob.replica.leave())
    await scene.until('Carol has it', () => carol.workspace().members.length === 2)
    await scene.pass(10_000)
    await say(scene, carol, channel, ['under the epoch'])
    for (const title of ['one', 'two', 'three', 'four']) await finished(scene, alice.replica.createChannel(title))
    const [, , carols] = devices
    // The new relay hears nothing of it.
    if (carols) carols.wire = (way, frame) => (way === 'up' && (frame.type === 'APPEND' || frame.type === 'CTX') ? 'lost' : true)
    await move(carol)
    await connected(scene, carol)
    await say(scene, carol, channel, ['after'])
    scene.air.set(true)
    await scene.until('Alice reads on', () => alice.texts(channel).includes('after'))
    for (const tab of [alice, carol]) expect(tab.texts(channel)).toEqual(['before', 'after'])
  })

  test('[RP165] what is written under such entries is read over a direct link, too', async () => {
    const { scene, alice, carol, channel, move, setupSecret, letThrough } = await openCensored()
    letThrough()
    await move(alice, { setupSecret })
    await finished(scene, carol.replica.createChannel('meanwhile'))
    await say(scene, carol, channel, ['meanwhile'])
    scene.relay.stop()
    scene.other.stop()
    scene.air.set(true)
    await scene.until('Alice reads it', () => alice.texts(channel).includes('meanwhile'))
    await say(scene, carol, channel, ['after'])
    await scene.until('and on', () => alice.texts(channel).includes('after'))
  })
})
