import { wordsFromEntropy } from '@poruch/crypto'
import { describe, expect, test, vi } from 'vitest'
import { origin } from './testing/relay-house.ts'
import { connected, finished, openTeam, say } from './testing/scene.ts'
import type { Tab } from './testing/scene.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000 })

/** Alice and Bob have talked, in the channel and alone; Bob's laptop is gone, his words are not. */
async function openLoss(options: Parameters<typeof openTeam>[1] = {}) {
  const team = await openTeam(['Alice', 'Bob'], options)
  const { scene, channel } = team
  const [alice, bob] = team.tabs
  const [, words = ''] = team.words
  if (!alice || !bob) throw new Error('no team')
  const bobUser = alice.member('Bob').user
  const withBob = { kind: 'direct', user: bobUser } as const
  const withAlice = { kind: 'direct', user: bob.member('Alice').user } as const
  await say(scene, alice, channel, ['to all'])
  await say(scene, bob, channel, ['from Bob'])
  await say(scene, alice, withBob, ['to you'])
  await say(scene, bob, withAlice, ['from me'])
  await scene.until(
    'all has arrived',
    () => alice.texts(channel).length === 2 && alice.texts(withBob).length === 2 && bob.replica.connection.read().unsent === 0,
  )
  const device = scene.device('Bob anew')
  const bobOld = await devicesOf()
  return { ...team, alice, bob, words, withBob, withAlice, bobUser, device, bobOld }

  async function devicesOf() {
    const look = await scene.device('a look').open()
    const { devices } = await finished(scene, look.replica.findAccount({ words, origin }))
    await look.close()
    return devices.map((each) => each.device)
  }
}

async function openedAll(
  scene: Awaited<ReturnType<typeof openLoss>>['scene'],
  tab: Tab,
  loss: Awaited<ReturnType<typeof openLoss>>,
): Promise<void> {
  await scene.until('everything is there', () => {
    if (tab.replica.phase.read().name !== 'member' || tab.replica.workspace.read() === null) return false
    try {
      return tab.texts(loss.channel).length >= 2 && tab.texts(loss.withAlice).length >= 2
    } catch {
      return false
    }
  })
}

describe('recovery from the words', () => {
  test('[RP130] a blank device gets everything that its user could read, and writes', async () => {
    const loss = await openLoss()
    const { scene, alice, words, channel, withAlice, withBob, device } = loss
    const tab = await device.open()
    tab.online()
    await finished(scene, tab.replica.recover({ words, origin, revoke: [] }))
    expect(tab.replica.phase.read()).toEqual({ name: 'member' })
    await openedAll(scene, tab, loss)
    expect(tab.texts(channel)).toEqual(['to all', 'from Bob'])
    expect(tab.texts(withAlice)).toEqual(['to you', 'from me'])
    expect(tab.member('Bob').isMe).toBe(true)
    await say(scene, tab, channel, ['back'])
    await say(scene, tab, withAlice, ['back, too'])
    await scene.until('Alice reads', () => alice.texts(channel).includes('back') && alice.texts(withBob).includes('back, too'))
    await tab.close()
    const again = await device.open()
    await openedAll(scene, again, loss)
    expect(again.texts(channel)).toEqual(['to all', 'from Bob', 'back'])
  })

  test('[RP131] ends the old devices that it names, with what they wrote standing, and new keys are none of theirs', async () => {
    const loss = await openLoss()
    const { scene, alice, bob, words, channel, device, bobOld } = loss
    const tab = await device.open()
    tab.online()
    await finished(scene, tab.replica.recover({ words, origin, revoke: bobOld }))
    await openedAll(scene, tab, loss)
    await scene.until('the old device is cut off', () => bob.replica.connection.read().relay.state === 'refused')
    expect(tab.texts(channel)).toEqual(['to all', 'from Bob'])
    expect(alice.texts(channel)).toEqual(['to all', 'from Bob'])
    await say(scene, tab, channel, ['only us'])
    await say(scene, alice, channel, ['only us, too'])
    await scene.until('both read', () => [alice, tab].every((each) => each.texts(channel).length === 4))
    await expect(finished(scene, bob.replica.send(channel, 'thief'))).rejects.toMatchObject({ code: 'read-only' })
    await scene.pass(3_000)
    expect(bob.texts(channel)).toEqual(['to all', 'from Bob'])
  })

  test('[RP132] says what is wrong with the words, and where the relay is away; the device stays blank', async () => {
    const { scene, words, device } = await openLoss()
    const tab = await device.open()
    tab.online()
    const list = words.split(' ')
    const tries = [
      ['bad-words', [...list.slice(0, 23), list[23] === 'zoo' ? 'zero' : 'zoo'].join(' ')],
      ['bad-words', list.slice(1).join(' ')],
      ['unknown-words', (await wordsFromEntropy(scene.random.bytes(32))).join(' ')],
    ] as const
    for (const [code, wrong] of tries) {
      await expect(finished(scene, tab.replica.findAccount({ words: wrong, origin }))).rejects.toMatchObject({ code })
      await expect(finished(scene, tab.replica.recover({ words: wrong, origin, revoke: [] }))).rejects.toMatchObject({ code })
    }
    scene.relay.stop()
    await expect(finished(scene, tab.replica.recover({ words, origin, revoke: [] }))).rejects.toMatchObject({ code: 'not-online' })
    expect(tab.replica.phase.read()).toEqual({ name: 'blank' })
    await scene.relay.start()
    await finished(scene, tab.replica.recover({ words, origin, revoke: [] }))
    await expect(finished(scene, tab.replica.recover({ words, origin, revoke: [] }))).rejects.toMatchObject({ code: 'already-member' })
  })

  test('[RP133] all or nothing: after a crash at any write the device is blank, or goes on by itself', async () => {
    for (let writes = 0; ; writes++) {
      const loss = await openLoss({ seed: 7 })
      const { scene, words, device } = loss
      const tab = await device.open()
      tab.online()
      tab.store.dieAfter(writes)
      const outcome = await finished(
        scene,
        tab.replica.recover({ words, origin, revoke: [] }).then(
          () => 'done',
          () => 'failed',
        ),
      )
      tab.kill()
      const again = await device.open()
      again.online()
      await scene.pass(1_000)
      const { name } = again.replica.phase.read()
      if (name !== 'member') await finished(scene, again.replica.recover({ words, origin, revoke: [] }))
      await openedAll(scene, again, loss)
      if (outcome === 'done') break
      expect(writes).toBeLessThan(20)
    }
  })

  test('[RP133] an answer that is lost with the session is waited for', async () => {
    const loss = await openLoss()
    const { scene, words, device } = loss
    let cut = 0
    device.wire = (way, frame) => {
      const isAnswer = way === 'down' && frame.type === 'ORDERED' && cut === 0 && proposed
      if (way === 'up' && frame.type === 'PROPOSE') proposed = true
      if (isAnswer) cut++
      return !isAnswer
    }
    let proposed = false
    const tab = await device.open()
    tab.online()
    await finished(scene, tab.replica.recover({ words, origin, revoke: [] }))
    expect(cut).toBe(1)
    await openedAll(scene, tab, loss)
  })

  test('[RP134] somebody faster is no matter', async () => {
    const loss = await openLoss()
    const { scene, alice, words, device } = loss
    let isFirst = true
    const tab = await device.open()
    tab.online()
    device.wire = (way, frame, answer) => {
      if (way !== 'up' || frame.type !== 'PROPOSE' || !isFirst) return true
      isFirst = false
      void alice.replica
        .createChannel('meanwhile')
        .then(() => answer({ type: 'MOVED', ref: frame.ref, scope: alice.workspace().scope, pos: 0, id: 'aa'.repeat(32) as never }))
      return 'lost'
    }
    await finished(scene, tab.replica.recover({ words, origin, revoke: [] }))
    await openedAll(scene, tab, loss)
    await connected(scene, tab)
  })
})
