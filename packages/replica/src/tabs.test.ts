import { describe, expect, test } from 'vitest'
import type { ConversationId } from './api.ts'
import { connected, finished, openTeam, say } from './testing/scene.ts'
import type { Scene, Tab } from './testing/scene.ts'

async function openTabs() {
  const team = await openTeam(['Alice', 'Bob'])
  const [first, bob] = team.tabs
  const [device] = team.devices
  if (!first || !bob || !device) throw new Error('no team')
  const second = await device.open()
  return { ...team, first, second, bob, device }
}

async function allRead(scene: Scene, tabs: readonly Tab[], { channel, count }: { channel: ConversationId; count: number }): Promise<void> {
  await scene.until('all read all', () => tabs.every((tab) => tab.texts(channel).length === count))
  const [texts] = tabs.map((tab) => tab.texts(channel))
  for (const tab of tabs) expect(tab.texts(channel)).toEqual(texts)
}

describe('two tabs of a device', () => {
  test('[RP50] both write into one chain without a clientID in common, and both see all', async () => {
    const { scene, first, second, bob, channel } = await openTabs()
    const sent = ['one', 'two', 'three', 'four', 'five', 'six'].map(async (text, index) =>
      (index % 2 === 0 ? first : second).replica.send(channel, text),
    )
    await finished(scene, Promise.all(sent))
    await allRead(scene, [first, second, bob], { channel, count: 6 })
    // A message's number names the session that wrote it, and with it the clientID.
    const sessionsOf = (texts: readonly string[]): number[] =>
      bob
        .view(channel)
        .messages.filter(({ text }) => texts.includes(text))
        .map(({ id }) => Math.floor(Number(id.split('|')[1]) / 2 ** 32))
    const [ofFirst, ofSecond] = [new Set(sessionsOf(['one', 'three', 'five'])), new Set(sessionsOf(['two', 'four', 'six']))]
    expect([ofFirst.size, ofSecond.size]).toEqual([1, 1])
    expect([...ofFirst].some((session) => ofSecond.has(session))).toBe(false)
    expect(new Set(bob.view(channel).messages.map(({ id }) => id)).size).toBe(6)
  })

  test('[RP51] the tab without the network shows what comes, and sends what it writes', async () => {
    const { scene, first, second, bob, channel } = await openTabs()
    await say(scene, bob, channel, ['from Bob'])
    await allRead(scene, [first, second, bob], { channel, count: 1 })
    await say(scene, second, channel, ['from the second tab'])
    await allRead(scene, [first, second, bob], { channel, count: 2 })
    expect(second.replica.connection.read().relay.state).toBe('connected')
    await scene.until('both know that it is on the relay', () =>
      [first, second].every(
        (tab) =>
          tab.view(channel).messages.some(({ delivery }) => delivery.state === 'relay') && tab.replica.connection.read().unsent === 0,
      ),
    )
    scene.relay.stop()
    await scene.until('both say so', () => [first, second].every((tab) => tab.replica.connection.read().relay.state === 'offline'))
    await scene.relay.start()
    await connected(scene, first, second)
    const user = second.member('Bob').user
    await say(scene, second, { kind: 'direct', user }, ['a private chat begun here'])
    const alice = bob.member('Alice').user
    await scene.until('Bob reads it', () => bob.texts({ kind: 'direct', user: alice }).length === 1)
    await second.replica.markRead(channel)
    await scene.until('the first tab knows', () => first.workspace().conversations[0]?.unread === 0)
  })

  test('[RP52] a change of membership asked of it is carried out by the tab that has the network', async () => {
    const { scene, first, second, bob } = await openTabs()
    const id = await finished(scene, second.replica.createChannel('Plans'))
    await scene.until('all see it', () =>
      [first, second, bob].every((tab) => tab.workspace().conversations.some(({ title }) => title === 'Plans')),
    )
    await say(scene, second, id, ['here'])
    const { link } = await finished(
      scene,
      second.replica.createInvitation({ role: 'editor', validForMs: 3_600_000, maxUses: 1, approval: true }),
    )
    const carol = await scene.device('Carol').open()
    carol.online()
    await carol.replica.requestJoin({ link, displayName: 'Carol' })
    await scene.until('both tabs show the request', () => [first, second].every((tab) => tab.workspace().requests[0]?.name === 'Carol'))
    const [request] = second.workspace().requests
    if (!request) throw new Error('no request')
    await finished(scene, second.replica.admit(request))
    await scene.until('Carol is in', () => bob.workspace().members.some(({ name }) => name === 'Carol'))
    await finished(scene, second.replica.removeMember(second.member('Bob').user))
    await scene.until('Bob is told', () => bob.replica.phase.read().name === 'former')
  })

  test('[RP52] fails as it would there, and with `not-online` when no tab has the network', async () => {
    const { scene, first, second, bob } = await openTabs()
    const alice = second.workspace().members.find(({ isMe }) => isMe)?.user
    if (!alice) throw new Error('no Alice')
    await expect(finished(scene, second.replica.removeMember(alice))).rejects.toMatchObject({ code: 'refused' })
    await first.close()
    await expect(finished(scene, second.replica.createChannel('Never'))).rejects.toMatchObject({ code: 'not-online' })
    second.online()
    await connected(scene, second)
    await scene.pass(2_000)
    expect(bob.workspace().conversations.map(({ title }) => title)).not.toContain('Never')
    await finished(scene, second.replica.createChannel('Plans'))
  })

  test('[RP53] the network passes from one tab to the other, and nothing is lost', async () => {
    const { scene, first, second, bob, channel } = await openTabs()
    await say(scene, first, channel, ['one'])
    first.offline()
    await say(scene, first, channel, ['two'])
    second.online()
    await connected(scene, second)
    await say(scene, second, channel, ['three'])
    await allRead(scene, [first, second, bob], { channel, count: 3 })
    second.offline()
    first.online()
    await say(scene, bob, channel, ['four'])
    await allRead(scene, [first, second, bob], { channel, count: 4 })
  })

  test('[RP54] a key that one tab was given opens in the other what waited for it', async () => {
    const { scene, first, second, bob, channel, devices } = await openTabs()
    const [, bobDevice] = devices
    if (!bobDevice) throw new Error('no device')
    const other = await bobDevice.open()
    await finished(scene, first.replica.createChannel('Plans'))
    const carol = await scene.device('Carol').open()
    carol.online()
    const { link } = await finished(
      scene,
      first.replica.createInvitation({ role: 'editor', validForMs: 3_600_000, maxUses: 1, approval: true }),
    )
    await carol.replica.requestJoin({ link, displayName: 'Carol' })
    await scene.until('the request is shown', () => first.workspace().requests.length === 1)
    const [request] = first.workspace().requests
    if (!request) throw new Error('no request')
    await finished(scene, first.replica.admit(request))
    await scene.until('Carol is named', () => first.workspace().members.some(({ name }) => name === 'Carol'))
    await finished(scene, first.replica.removeMember(first.member('Carol').user))
    await say(scene, first, channel, ['in the new epoch'])
    await allRead(scene, [first, second, bob, other], { channel, count: 1 })
  })
})
