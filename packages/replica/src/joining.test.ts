import { describe, expect, test } from 'vitest'
import { admitWhenAsked, channelOf, connected, finished, found, invite, joinAs, openScene, openTeam, say } from './testing/scene.ts'
import type { Scene, Tab } from './testing/scene.ts'

async function foundedScene(seed = 1): Promise<{ scene: Scene; alice: Tab }> {
  const scene = await openScene({ seed })
  const alice = await scene.device('Alice').open()
  alice.online()
  await found(scene, alice, 'Alice')
  await connected(scene, alice)
  return { scene, alice }
}

const stateOf = (tab: Tab): unknown => {
  const phase = tab.replica.phase.read()
  return phase.name === 'requesting' ? phase.state : phase.name
}
const codeOf = (tab: Tab): unknown => {
  const phase = tab.replica.phase.read()
  return phase.name === 'requesting' ? phase.code : null
}

describe('asking to join', () => {
  test('[RP10] waits until an admin lets in; both compare the same number, and the name is sealed for the admin alone', async () => {
    const { scene, alice } = await foundedScene()
    const bob = await scene.device('Bob').open()
    bob.online()
    const { words } = await bob.replica.requestJoin({ link: await invite(scene, alice), displayName: 'Bob' })
    expect(words).toHaveLength(24)
    await scene.until('the request is shown', () => alice.workspace().requests.length === 1 && stateOf(bob) === 'waiting')
    const [request] = alice.workspace().requests
    expect(request).toMatchObject({ name: 'Bob', role: 'editor' })
    expect(bob.replica.phase.read()).toMatchObject({ safetyNumber: request?.safetyNumber })
    expect(request?.safetyNumber).toMatch(/^(\d{5} ){11}\d{5}$/u)
    await admitWhenAsked(scene, alice)
    await scene.until('Bob is in', () => stateOf(bob) === 'member' && alice.workspace().members.length === 2)
    await scene.until('and named', () => alice.member('Bob').role === 'editor')
    expect(alice.workspace().requests).toEqual([])
  })

  test('[RP194] goes on by itself when a disk that was full has room again', async () => {
    const { scene, alice } = await foundedScene()
    const bob = await scene.device('Bob').open()
    bob.online()
    await bob.replica.requestJoin({ link: await invite(scene, alice), displayName: 'Bob' })
    await scene.until('Bob waits', () => stateOf(bob) === 'waiting')
    bob.store.setFull(true)
    await admitWhenAsked(scene, alice)
    await scene.until('the disk has no room', () => bob.events.some(({ event }) => event === 'way-in-waits'))
    bob.store.setFull(false)
    await scene.until('Bob is in', () => stateOf(bob) === 'member')
  })

  test('[RP11] survives restarts of the joiner, the relay and the admin', async () => {
    const scene = await openScene()
    const admin = scene.device('Alice')
    let alice = await admin.open()
    alice.online()
    await found(scene, alice, 'Alice')
    await connected(scene, alice)
    const link = await invite(scene, alice)
    const device = scene.device('Bob')
    let bob = await device.open()
    scene.relay.stop()
    await bob.replica.requestJoin({ link, displayName: 'Bob' })
    await scene.pass(1_000)
    expect(stateOf(bob)).toBe('sending')
    await bob.close()
    await alice.close()
    await scene.relay.start()
    bob = await device.open()
    bob.online()
    await scene.until('Bob waits', () => stateOf(bob) === 'waiting')
    await bob.close()
    alice = await admin.open()
    alice.online()
    await scene.until('the request is shown', () => alice.workspace().requests.length === 1)
    await alice.close()
    alice = await admin.open()
    expect(alice.workspace().requests).toMatchObject([{ name: 'Bob' }])
    alice.online()
    await connected(scene, alice)
    await admitWhenAsked(scene, alice)
    bob = await device.open()
    bob.online()
    await scene.until('Bob is in', () => stateOf(bob) === 'member' && channelOf(bob) !== null)
    await scene.until('Bob is named', () => alice.member('Bob').role === 'editor')
  })

  test('[RP12] that is denied says so, and another link may follow', async () => {
    const { scene, alice } = await foundedScene()
    const bob = await scene.device('Bob').open()
    bob.online()
    await bob.replica.requestJoin({ link: await invite(scene, alice), displayName: 'Bob' })
    await scene.until('the request is shown', () => alice.workspace().requests.length === 1)
    const [request] = alice.workspace().requests
    if (!request) throw new Error('no request')
    await finished(scene, alice.replica.deny(request))
    await scene.until('Bob is told', () => stateOf(bob) === 'denied')
    expect(alice.workspace().requests).toEqual([])
    await joinAs(scene, alice, bob, 'Robert')
    expect(alice.workspace().members).toHaveLength(2)
  })

  test('[RP351] the link of an invitation is there again on the device that made it, and nowhere else', async () => {
    const { scene, alice } = await foundedScene()
    const link = await invite(scene, alice)
    const [{ id } = { id: null }] = alice.workspace().invitations
    if (!id) throw new Error('no invitation')
    expect(await alice.replica.invitationLink(id)).toBe(link)
    const bob = await scene.device('Bob').open()
    expect(await bob.replica.invitationLink(id)).toBeNull()
  })

  test('[RP13] by a link that is expired, revoked, used up or unknown fails with a code of its own', async () => {
    const { scene, alice } = await foundedScene()
    const ask = async (link: string): Promise<unknown> => {
      const tab = await scene.device('Bob').open()
      tab.online()
      await tab.replica.requestJoin({ link, displayName: 'Bob' })
      await scene.until('it fails', () => stateOf(tab) === 'failed')
      const code = codeOf(tab)
      await tab.close()
      return code
    }
    const revoked = await invite(scene, alice)
    const [{ id } = { id: null }] = alice.workspace().invitations
    if (!id) throw new Error('no invitation')
    await finished(scene, alice.replica.revokeInvitation(id))
    expect(await ask(revoked)).toBe('invitation-revoked')

    const used = await invite(scene, alice)
    const carol = await scene.device('Carol').open()
    carol.online()
    await carol.replica.requestJoin({ link: used, displayName: 'Carol' })
    await admitWhenAsked(scene, alice)
    expect(await ask(used)).toBe('invitation-used')

    const expired = await invite(scene, alice)
    scene.clock.advance(3_600_001)
    await scene.pass(1_000)
    expect(await ask(expired)).toBe('invitation-expired')

    const stranger = await foundedScene(2)
    expect(await ask(await invite(stranger.scene, stranger.alice))).toBe('invitation-unknown')
    await expect(carol.replica.requestJoin({ link: 'http://relay.test/#i/x', displayName: 'C' })).rejects.toMatchObject({
      code: 'bad-link',
    })
  })

  test('[RP14] with an open link, a revoked one shows no requests any more', async () => {
    const { scene, alice } = await foundedScene()
    const bob = await scene.device('Bob').open()
    bob.online()
    await bob.replica.requestJoin({ link: await invite(scene, alice), displayName: 'Bob' })
    await scene.until('the request is shown', () => alice.workspace().requests.length === 1)
    const [request] = alice.workspace().requests
    if (!request) throw new Error('no request')
    await finished(scene, alice.replica.revokeInvitation(request.invitation))
    expect(alice.workspace().requests).toEqual([])
    await expect(finished(scene, alice.replica.admit(request))).rejects.toMatchObject({ code: 'refused', reason: 'request-unknown' })
  })
})

test.each([
  ['an admin', false],
  ['any member, with the admin away', true],
])('[RP17] by a link without approval they are let in by %s', async (_name, isAway) => {
  const { scene, tabs, channel } = await openTeam(['Alice', 'Bob'])
  const [alice, bob] = tabs
  if (!alice || !bob) throw new Error('no team')
  const link = await invite(scene, alice, { approval: false })
  if (isAway) await alice.close()
  else await bob.close()
  const witness = isAway ? bob : alice
  const carol = await scene.device('Carol').open()
  carol.online()
  await carol.replica.requestJoin({ link, displayName: 'Carol' })
  await scene.until('Carol is in and named', () => witness.workspace().members.some(({ name }) => name === 'Carol'))
  expect(witness.workspace().requests).toEqual([])
  await say(scene, witness, channel, ['welcome'])
  await scene.until('Carol reads', () => carol.replica.workspace.read() !== null && carol.texts(channel).length === 1)
})

describe('a new member', () => {
  test('[RP15] reads what was written before, and writes', async () => {
    const { scene, tabs, channel } = await openTeam(['Alice'])
    const [alice] = tabs
    if (!alice) throw new Error('no team')
    await say(scene, alice, channel, ['one', 'two', 'three'])
    const bob = await scene.device('Bob').open()
    bob.online()
    await joinAs(scene, alice, bob, 'Bob')
    await scene.until('Bob reads', () => bob.texts(channel).length === 3)
    expect(bob.texts(channel)).toEqual(['one', 'two', 'three'])
    await bob.replica.send(channel, 'four')
    await scene.until('Alice reads', () => alice.texts(channel).length === 4)
  })

  test('[RP16] writes the own name as soon as the key has come, even when the log came long before', async () => {
    const { scene, alice } = await foundedScene()
    const device = scene.device('Bob')
    let isHeld = true
    device.wire = (way, frame) => {
      if (way === 'down' && frame.type === 'KEY' && isHeld) return false
      return true
    }
    const bob = await device.open()
    bob.online()
    await bob.replica.requestJoin({ link: await invite(scene, alice), displayName: 'Bob' })
    await admitWhenAsked(scene, alice)
    await scene.until('Bob has the log', () => channelOf(bob) !== null)
    await scene.pass(2_000)
    const channel = channelOf(bob)
    if (!channel) throw new Error('no channel')
    expect(bob.view(channel).readOnly).toBe('waiting-for-key')
    await expect(finished(scene, bob.replica.send(channel, 'early'))).rejects.toMatchObject({ code: 'waiting-for-key' })
    isHeld = false
    await scene.until('Bob is named', () => alice.workspace().members.some(({ name }) => name === 'Bob'))
    expect(bob.view(channel)).toMatchObject({ readOnly: null, messages: [] })
    await bob.replica.send(channel, 'now')
    await scene.until('Alice reads', () => alice.texts(channel).length === 1)
  })

  test('[RP18] a relay that says “you are in” makes nobody a member: the log must say so', async () => {
    const { scene, alice } = await foundedScene()
    const device = scene.device('Bob')
    let isLying = true
    let lies = 0
    device.wire = (way, frame, answer) => {
      if (!isLying || way !== 'down' || frame.type !== 'JOINSTATE' || frame.state === 2) return true
      answer({ ...frame, state: 2 })
      return lies++ < 100 ? 'lost' : true
    }
    const bob = await device.open()
    bob.online()
    await bob.replica.requestJoin({ link: await invite(scene, alice), displayName: 'Bob' })
    await scene.until('Alice is asked', () => alice.workspace().requests.length > 0)
    await scene.pass(5_000)
    expect(lies).toBeGreaterThan(0)
    expect(bob.replica.phase.read()).toMatchObject({ name: 'requesting' })
    await bob.close()
    const again = await device.open()
    expect(again.replica.phase.read()).toMatchObject({ name: 'requesting' })
    isLying = false
    again.online()
    await admitWhenAsked(scene, alice)
    await scene.until('Bob is a member', () => again.replica.phase.read().name === 'member')
    await scene.until('and reads', () => channelOf(again) !== null)
  })
})
