import { describe, expect, test } from 'vitest'
import type { ConversationId } from './api.ts'
import { connected, finished, joinAs, openTeam, say } from './testing/scene.ts'
import type { Tab, Team } from './testing/scene.ts'

async function openPair(options: Parameters<typeof openTeam>[1] = {}) {
  const team = await openTeam(['Alice', 'Bob'], options)
  const [alice, bob] = team.tabs
  const [aliceDevice, bobDevice] = team.devices
  if (!alice || !bob || !aliceDevice || !bobDevice) throw new Error('no team')
  return { ...team, alice, bob, aliceDevice, bobDevice }
}

const directTo = (team: Pick<Team, 'tabs'>, reader: number, name: string): ConversationId => {
  const user = team.tabs[reader]?.member(name).user
  if (!user) throw new Error(`no ${name}`)
  return { kind: 'direct', user }
}

const numbered = (count: number, from = 1): string[] => Array.from({ length: count }, (_, index) => `message ${from + index}`)

describe.each([
  ['the relay', false],
  ['peers, with the relay dead', true],
])('over %s', (_name, direct) => {
  test('[RP20] messages in a channel pass both ways, in order, once', async () => {
    const { scene, alice, bob, channel } = await openPair({ direct })
    if (direct) {
      await scene.until('linked', () => alice.member('Bob').reach === 'direct')
      scene.relay.stop()
    }
    await say(scene, alice, channel, ['a1', 'a2'])
    await scene.until('Bob reads', () => bob.texts(channel).length === 2)
    await say(scene, bob, channel, ['b1'])
    await say(scene, bob, channel, ['b2'])
    await scene.until('Alice reads', () => alice.texts(channel).length === 4)
    for (const tab of [alice, bob]) expect(tab.texts(channel)).toEqual(['a1', 'a2', 'b1', 'b2'])
    expect(bob.view(channel).messages.map(({ authorName, mine }) => [authorName, mine])).toEqual([
      ['Alice', false],
      ['Alice', false],
      ['Bob', true],
      ['Bob', true],
    ])
  })

  test('[RP21] a private chat passes both ways, each side under an own epoch, whoever begins', async () => {
    const team = await openPair({ direct })
    const { scene, alice, bob } = team
    const toBob = directTo(team, 0, 'Bob')
    const toAlice = directTo(team, 1, 'Alice')
    if (direct) {
      await scene.until('linked', () => alice.member('Bob').reach === 'direct')
      scene.relay.stop()
    }
    await say(scene, bob, toAlice, ['hello'])
    await scene.until('Alice reads', () => alice.texts(toBob).length === 1)
    await say(scene, alice, toBob, ['hello, Bob'])
    await scene.until('Bob reads', () => bob.texts(toAlice).length === 2)
    for (const texts of [alice.texts(toBob), bob.texts(toAlice)]) expect(texts).toEqual(['hello', 'hello, Bob'])
    for (const device of team.devices) expect(await device.disk.open().listRecords('direct-epochs')).toHaveLength(2)
    if (direct) {
      await scene.relay.start()
      await connected(scene, alice, bob)
      await scene.until('all is at the relay', () => alice.replica.connection.read().unsent + bob.replica.connection.read().unsent === 0)
    }
  })
})

test('[RP21] both may begin a private chat at once, apart from each other', async () => {
  const team = await openPair()
  const { scene, alice, bob } = team
  const toBob = directTo(team, 0, 'Bob')
  const toAlice = directTo(team, 1, 'Alice')
  for (const tab of [alice, bob]) tab.offline()
  await say(scene, alice, toBob, ['from Alice'])
  await say(scene, bob, toAlice, ['from Bob'])
  for (const tab of [alice, bob]) tab.online()
  await scene.until('both read both', () => alice.texts(toBob).length === 2 && bob.texts(toAlice).length === 2)
  expect(alice.texts(toBob)).toEqual(bob.texts(toAlice))
})

describe('without a network', () => {
  test('[RP22] what is written is there after a restart, is counted as unsent, and is delivered once', async () => {
    const { scene, alice, bob, channel, aliceDevice } = await openPair()
    await scene.until('all is sent', () => alice.replica.connection.read().unsent === 0)
    await alice.close()
    let offline = await aliceDevice.open()
    await say(scene, offline, channel, numbered(20))
    expect(offline.texts(channel)).toEqual(numbered(20))
    await offline.close()
    offline = await aliceDevice.open()
    await scene.until('the copy is read', () => offline.texts(channel).length === 20)
    expect(offline.texts(channel)).toEqual(numbered(20))
    expect(offline.replica.connection.read().unsent).toBeGreaterThan(0)
    offline.online()
    await scene.until('Bob reads', () => bob.texts(channel).length === 20)
    await scene.until('all is sent', () => offline.replica.connection.read().unsent === 0)
    await scene.pass(2_000)
    for (const tab of [offline, bob]) expect(tab.texts(channel)).toEqual(numbered(20))
  })

  test('[RP22] a reader who was away gets all in order, after the author has gone', async () => {
    const { scene, alice, bob, channel, bobDevice } = await openPair()
    await bob.close()
    await say(scene, alice, channel, numbered(20))
    await scene.until('all is sent', () => alice.replica.connection.read().unsent === 0)
    await alice.close()
    const again = await bobDevice.open()
    again.online()
    await scene.until('Bob reads', () => again.texts(channel).length === 20)
    expect(again.texts(channel)).toEqual(numbered(20))
  })
})

test('[RP23] delivery goes from the disk of the device over peers to the relay, and is received for what others wrote', async () => {
  const { scene, alice, bob, channel } = await openPair({ direct: true })
  const stateOf = () => alice.view(channel).messages.at(-1)?.delivery
  await scene.until('linked', () => alice.member('Bob').reach === 'direct')
  scene.relay.stop()
  scene.air.set(false)
  await scene.until('alone', () => alice.member('Bob').reach === 'none')
  const seen: (string | undefined)[] = []
  const stop = alice.replica.conversation(channel).subscribe(() => seen.push(stateOf()?.state))
  await say(scene, alice, channel, ['hi'])
  stop()
  expect(stateOf()).toEqual({ state: 'device' })
  // Until the disk has it nothing is claimed.
  expect(seen[0]).toBe('writing')
  scene.air.set(true)
  await scene.until('Bob has it', () => stateOf()?.state === 'peers')
  expect(stateOf()).toEqual({ state: 'peers', count: 1 })
  expect(bob.view(channel).messages.at(-1)?.delivery).toEqual({ state: 'received' })
  await scene.relay.start()
  await scene.until('the relay has it', () => stateOf()?.state === 'relay')
})

test('[RP24] unread counts what others wrote, until it is marked read; over restarts', async () => {
  const { scene, alice, bob, channel, bobDevice } = await openPair()
  const unreadOf = (tab: typeof bob): number | undefined => tab.workspace().conversations.find(({ id }) => id.kind === 'channel')?.unread
  await say(scene, alice, channel, ['one', 'two'])
  await scene.until('two are unread', () => unreadOf(bob) === 2)
  await say(scene, bob, channel, ['three'])
  expect(unreadOf(bob)).toBe(2)
  await scene.until('Alice reads', () => unreadOf(alice) === 1)
  let told = 0
  bob.replica.workspace.subscribe(() => told++)
  await bob.replica.markRead(channel)
  await scene.until('the badge goes', () => told > 0)
  expect(unreadOf(bob)).toBe(0)
  await bob.close()
  const again = await bobDevice.open()
  await scene.until('the copy is read', () => again.texts(channel).length === 3)
  expect(unreadOf(again)).toBe(0)
  expect(again.workspace().conversations[0]).toMatchObject({ title: 'General', lastText: 'three' })
})

test('[RP25] a summary is the same object until its own conversation changes', async () => {
  const team = await openPair()
  const { scene, alice, bob, channel } = team
  const summaryOf = (kind: string) => bob.workspace().conversations.find(({ id }) => id.kind === kind)
  const [before, direct] = [summaryOf('channel'), summaryOf('direct')]
  await say(scene, alice, channel, ['hi'])
  await scene.until('Bob reads', () => summaryOf('channel')?.lastText === 'hi')
  expect(summaryOf('channel')).not.toBe(before)
  expect(summaryOf('direct')).toBe(direct)
  expect(bob.replica.conversation(channel)).toBe(bob.replica.conversation(channel))
})

test('[RP29] a view that is listened to tells at once, and then at most every 50 ms, however much comes', async () => {
  const { scene, alice, bob, channel, bobDevice } = await openPair()
  await bob.close()
  await say(scene, alice, channel, numbered(200))
  await scene.until('all is sent', () => alice.replica.connection.read().unsent === 0)
  const again = await bobDevice.open()
  const startMs = scene.clock.now()
  let told = 0
  again.replica.workspace.subscribe(() => told++)
  again.online()
  await scene.until('Bob reads', () => again.texts(channel).length === 200)
  await scene.until('the summary is right', () => again.workspace().conversations[0]?.unread === 200)
  expect(told).toBeGreaterThan(0)
  expect(told).toBeLessThanOrEqual(2 + (scene.clock.now() - startMs) / 50)
  await scene.pass(200)
  let shown: readonly string[] = []
  again.replica.conversation(channel).subscribe(() => (shown = again.texts(channel)))
  const sentMs = scene.clock.now()
  const sent = again.replica.send(channel, 'own')
  await scene.until('it is shown', () => shown.at(-1) === 'own')
  expect(scene.clock.now() - sentMs).toBeLessThanOrEqual(50)
  await finished(scene, sent)
})

describe('a full disk', () => {
  test('[RP26] takes nothing: the document is as it was, and the next message goes through everywhere', async () => {
    const { scene, alice, bob, channel } = await openPair()
    await say(scene, alice, channel, ['before'])
    alice.store.setFull(true)
    const failed = [alice.replica.send(channel, 'lost'), alice.replica.send(channel, 'lost too')]
    for (const each of await Promise.all(failed.map(async (each) => finished(scene, each).catch((thrown: unknown) => thrown)))) {
      expect(each).toMatchObject({ code: 'disk-full' })
    }
    expect(alice.texts(channel)).toEqual(['before'])
    alice.store.setFull(false)
    await say(scene, alice, channel, ['after'])
    await scene.until('Bob reads', () => bob.texts(channel).length === 2)
    for (const tab of [alice, bob]) expect(tab.texts(channel)).toEqual(['before', 'after'])
  })

  test('[RP26] in the middle of several messages never keeps one that others could not read', async () => {
    const { scene, alice, bob, channel } = await openPair()
    await say(scene, alice, channel, ['before'])
    await scene.pass(200)
    // The first fails alone; the two behind it were written on top of it.
    alice.store.failNext(1)
    const sent = ['one', 'two', 'three'].map(async (text) =>
      alice.replica.send(channel, text).then(
        () => text,
        () => null,
      ),
    )
    const kept = (await finished(scene, Promise.all(sent))).filter((text) => text !== null)
    await say(scene, alice, channel, ['after'])
    await scene.until('Bob reads', () => bob.texts(channel).includes('after'))
    for (const tab of [alice, bob]) expect(tab.texts(channel)).toEqual(['before', ...kept, 'after'])
  })

  test('[RP26] at the first message of a session fails that one alone', async () => {
    const { scene, alice, bob, channel } = await openPair()
    alice.store.setFull(true)
    await expect(finished(scene, alice.replica.send(channel, 'lost'))).rejects.toMatchObject({ code: 'disk-full' })
    alice.store.setFull(false)
    await say(scene, alice, channel, ['kept'])
    await scene.until('Bob reads', () => bob.texts(channel).length === 1)
  })
})

test('[RP27] refuses empty and overlong messages and unknown conversations', async () => {
  const { alice, channel } = await openPair()
  await expect(alice.replica.send(channel, ' \n')).rejects.toMatchObject({ code: 'empty' })
  await expect(alice.replica.send(channel, 'x'.repeat(100_000))).rejects.toMatchObject({ code: 'too-long' })
  const nobody = { kind: 'direct', user: '00'.repeat(32) } as never
  await expect(alice.replica.send(nobody, 'hi')).rejects.toMatchObject({ code: 'unknown-conversation' })
  expect(alice.texts(channel)).toEqual([])
})

test('[RP28] nothing fires or is logged after close', async () => {
  const { scene, alice, bob, channel } = await openPair({ direct: true })
  await say(scene, alice, channel, ['hi'])
  let fired = 0
  for (const view of [bob.replica.workspace, bob.replica.connection, bob.replica.phase]) view.subscribe(() => fired++)
  bob.replica.conversation(channel).subscribe(() => fired++)
  await bob.close()
  await scene.pass(200)
  fired = 0
  const logged = bob.events.length
  await say(scene, alice, channel, ['one more'])
  await scene.pass(5_000)
  expect([fired, bob.events.length]).toEqual([0, logged])
  await expect(bob.replica.send(channel, 'late')).rejects.toMatchObject({ code: 'closed' })
})

test('[RP173] an erased message is gone everywhere, also for who joins later, and the rest stays', async () => {
  const team = await openPair()
  const { scene, alice, bob, channel, bobDevice } = team
  await say(scene, alice, channel, ['one', 'a secret', 'three'])
  await scene.until('Bob reads', () => bob.texts(channel).length === 3)
  await say(scene, bob, channel, ['an answer'])
  await scene.until('Alice reads', () => alice.texts(channel).length === 4)
  const secret = alice.view(channel).messages[1]?.id ?? ''
  await expect(finished(scene, bob.replica.erase(channel, secret))).rejects.toMatchObject({ code: 'read-only' })
  await expect(finished(scene, bob.replica.erase(channel, `${secret}7`))).rejects.toMatchObject({ code: 'refused', reason: 'no-target' })
  await finished(scene, alice.replica.erase(channel, secret))
  await scene.until('it is gone', () => bob.texts(channel).length === 3)
  await say(scene, alice, channel, ['four'])
  const carol = await scene.device('Carol').open()
  carol.online()
  await joinAs(scene, alice, carol, 'Carol')
  await scene.until('Carol reads', () => carol.texts(channel).length === 4)
  await say(scene, carol, channel, ['hello'])
  // Alice is an owner: what Bob has written goes, too, but for what stands beside it.
  await say(scene, bob, channel, ['something rude'])
  await scene.until('all read it', () => [alice, carol].every((tab) => tab.texts(channel).at(-1) === 'something rude'))
  await finished(scene, alice.replica.erase(channel, alice.view(channel).messages.at(-1)?.id ?? ''))
  await scene.until('Carol is read', () => [alice, bob].every((tab) => tab.texts(channel).at(-1) === 'hello'))
  for (const tab of [alice, bob, carol]) expect(tab.texts(channel)).toEqual(['one', 'three', 'an answer', 'four', 'hello'])
  const again = await bobDevice.open()
  await scene.until('it is gone after a restart', () => again.texts(channel).length === 5)
  expect(again.texts(channel)).toEqual(['one', 'three', 'an answer', 'four', 'hello'])
})

test('[RP350] a tombstone that says who did it stands in an erased message’s place, on every device, and counts as it did', async () => {
  const team = await openPair()
  const { scene, alice, bob, channel, bobDevice } = team
  const tombs = (tab: Tab): unknown[] =>
    tab.view(channel).messages.map(({ text, authorName, erased }) => (erased ? [authorName, erased.name] : text))
  await say(scene, bob, channel, ['one', 'two', 'three'])
  await scene.until('Alice reads', () => alice.texts(channel).length === 3)
  await alice.replica.markRead(channel)
  await finished(scene, bob.replica.erase(channel, bob.view(channel).messages[1]?.id ?? ''))
  await scene.until('Alice sees it', () => alice.texts(channel).length === 2)
  await finished(scene, alice.replica.erase(channel, alice.view(channel).messages[0]?.id ?? ''))
  await scene.until('Bob sees it', () => bob.texts(channel).length === 1)
  await say(scene, bob, channel, ['four'])
  await scene.until('it is new', () => alice.texts(channel).length === 2)
  const unread = (): number | undefined => alice.workspace().conversations.find(({ id }) => id.kind === 'channel')?.unread
  expect(unread()).toBe(1)
  const expected = [['Bob', 'Alice'], ['Bob', 'Bob'], 'three', 'four']
  const again = await bobDevice.open()
  await scene.until('it is read again', () => again.texts(channel).length === 2)
  for (const tab of [alice, bob, again]) expect(tombs(tab)).toEqual(expected)
  const [first, second] = alice.view(channel).messages
  expect(first?.wallTime).toBe(second?.wallTime)
  expect(new Set(alice.view(channel).messages.map(({ id }) => id)).size).toBe(4)
})

describe('keys of a 1:1 that the relay has withheld', () => {
  async function openWithheld() {
    const team = await openTeam(['Alice', 'Bob'])
    const { scene, tabs, devices } = team
    const [alice, bob] = tabs
    const [, bobs] = devices
    if (!alice || !bob || !bobs) throw new Error('no team')
    let isHonest = false
    bobs.wire = (way, frame) => (way === 'down' && frame.type === 'KEY' && frame.kind === 2 && !isHonest ? 'lost' : true)
    const withBob = { kind: 'direct', user: alice.member('Bob').user } as const
    const withAlice = { kind: 'direct', user: bob.member('Alice').user } as const
    await say(scene, alice, withBob, ['are you there?'])
    await scene.pass(10_000)
    expect(bob.texts(withAlice)).toEqual([])
    return { scene, alice, bob, withBob, withAlice, honest: () => void (isHonest = true) }
  }

  test('[RP195] come within the session once the other one is linked', async () => {
    const { scene, alice, bob, withBob, withAlice } = await openWithheld()
    scene.air.set(true)
    await scene.until('Bob reads', () => bob.texts(withAlice).length === 1)
    await say(scene, bob, withAlice, ['yes'])
    await scene.until('Alice reads', () => alice.texts(withBob).length === 2)
  })

  test('[RP195] come within the session over an honest relay once the other one is met again', async () => {
    const { scene, alice, bob, withAlice, honest } = await openWithheld()
    await scene.pass(60_000)
    honest()
    await scene.pass(120_000)
    expect(bob.texts(withAlice)).toEqual([])
    alice.offline()
    await scene.pass(1000)
    alice.online()
    await connected(scene, alice)
    await scene.pass(5 * 60_000)
    expect(bob.texts(withAlice)).toEqual(['are you there?'])
  })

  test('[RP195] come for what was written before, where a later one was given', async () => {
    const { scene, alice, bob, withBob, withAlice, honest } = await openWithheld()
    await say(scene, bob, withAlice, ['hello'])
    await scene.pass(5_000)
    await say(scene, alice, withBob, ['hello, too'])
    await scene.pass(5_000)
    expect(bob.texts(withAlice)).toEqual(['hello'])
    scene.air.set(true)
    await scene.until('Bob reads', () => bob.texts(withAlice).length === 3)
    honest()
  })
})
