import { toBase64Url } from '@poruch/base'
import { webCryptoSuite } from '@poruch/crypto'
import { describe, expect, test } from 'vitest'
import { origin } from './testing/relay-house.ts'
import type { Wire } from './testing/relay-house.ts'
import { channelOf, connected, finished, found, joinAs, openScene } from './testing/scene.ts'
import type { Device, Scene, Tab } from './testing/scene.ts'

const creation = (scene: Scene) => ({ name: 'Works', displayName: 'Alice', origin, setupSecret: toBase64Url(scene.relay.setup) })

/** The one workspace of the relay is open, named, and can be written in. */
async function expectFounded(scene: Scene, tab: Tab): Promise<void> {
  await scene.until('the device is a member', () => tab.replica.phase.read().name === 'member' && tab.replica.workspace.read() !== null)
  await scene.until('the names are there', () => tab.workspace().name === 'Works' && tab.workspace().members[0]?.name === 'Alice')
  expect(tab.workspace()).toMatchObject({ myRole: 'owner', conversations: [{ title: 'General' }] })
  expect(await scene.relay.log.scopes()).toEqual([tab.workspace().scope])
  const channel = channelOf(tab)
  if (!channel) throw new Error('no channel')
  await tab.replica.send(channel, 'first')
  expect(tab.texts(channel)).toEqual(['first'])
}

/** What a person does who finds the device blank again: the same once more. */
async function foundAgain(scene: Scene, device: Device): Promise<void> {
  const tab = await device.open()
  tab.online()
  await scene.pass(2_000)
  if (tab.replica.phase.read().name === 'blank') await finished(scene, tab.replica.createWorkspace(creation(scene)))
  await expectFounded(scene, tab)
}

describe('founding', () => {
  test.each([
    ['the keyed suite', () => ({})],
    ['WebCrypto', () => ({ suite: webCryptoSuite() })],
  ])('[RP1] gives a workspace with a name, an owner and a channel, and 24 words, over %s', async (_name, options) => {
    const scene = await openScene(options())
    const alice = await scene.device('Alice').open()
    alice.online()
    const { words } = await finished(scene, alice.replica.createWorkspace(creation(scene)))
    expect(words).toHaveLength(24)
    await expectFounded(scene, alice)
  })

  test('[RP352] the words are there until they are written down, over a crash and in all tabs, and then nowhere', async () => {
    const scene = await openScene()
    const device = scene.device('Alice')
    const first = await device.open()
    first.online()
    const { words } = await finished(scene, first.replica.createWorkspace(creation(scene)))
    expect(first.replica.words.read()).toEqual(words)
    first.kill()
    const [again, other] = [await device.open(), await device.open()]
    expect(again.replica.words.read()).toEqual(words)
    await again.replica.wordsWritten()
    await scene.until('the other tab knows', () => other.replica.words.read() === null)
    expect(await again.store.getRecord('account', 'words')).toBeNull()
    const last = await device.open()
    expect(last.replica.words.read()).toBeNull()
  })

  test('[RP352] a founding that is refused leaves no words', async () => {
    const scene = await openScene()
    const alice = await scene.device('Alice').open()
    alice.online()
    const wrong = { ...creation(scene), setupSecret: toBase64Url(new Uint8Array(16)) }
    await expect(finished(scene, alice.replica.createWorkspace(wrong))).rejects.toMatchObject({ code: 'refused' })
    expect([alice.replica.phase.read().name, alice.replica.words.read()]).toEqual(['blank', null])
  })

  test('[RP2] goes on to the same end after a crash at any durable step', async () => {
    for (let step = 0; ; step++) {
      const scene = await openScene({ seed: step + 1 })
      const device = scene.device('Alice')
      const tab = await device.open()
      tab.online()
      tab.store.dieAfter(step)
      const created = tab.replica.createWorkspace(creation(scene)).then(
        () => true,
        () => false,
      )
      await finished(scene, created)
      await scene.pass(3_000)
      if (!tab.store.isDead) {
        expect(step).toBeGreaterThan(5)
        return
      }
      tab.kill()
      await foundAgain(scene, device)
    }
  })

  test.each<[string, Wire]>([
    ['the proposal', (_way, frame) => frame.type !== 'PROPOSE'],
    ['its answer', (_way, frame) => frame.type !== 'ORDERED'],
  ])('[RP3] is gone on with by itself when the session loses %s', async (_name, wire) => {
    const scene = await openScene()
    const device = scene.device('Alice')
    let losses = 0
    device.wire = (way, frame) => wire(way, frame, () => {}) || losses++ > 0
    const alice = await device.open()
    alice.online()
    await found(scene, alice, 'Alice')
    expect(losses).toBeGreaterThan(0)
    await expectFounded(scene, alice)
  })

  test('[RP3] leads in as a member when the relay has ordered it and knows the setup link no more', async () => {
    const scene = await openScene()
    const device = scene.device('Alice')
    device.wire = (_way, frame) => frame.type !== 'ORDERED'
    const tab = await device.open()
    tab.online()
    const created = tab.replica.createWorkspace(creation(scene)).catch(() => null)
    await scene.pass(100)
    tab.kill()
    await scene.pass(100)
    scene.relay.forgetSetup()
    scene.relay.stop()
    await scene.relay.start()
    device.wire = () => true
    const again = await device.open()
    again.online()
    await expectFounded(scene, again)
    await finished(scene, created)
  })

  test('[RP4] with a setup link that was used is refused with `setup-used`, and leaves the device blank', async () => {
    const scene = await openScene()
    const alice = await scene.device('Alice').open()
    await found(scene, alice, 'Alice')
    const mallory = await scene.device('Mallory').open()
    await expect(finished(scene, mallory.replica.createWorkspace(creation(scene)))).rejects.toMatchObject({
      code: 'refused',
      reason: 'setup-used',
    })
    expect(mallory.replica.phase.read()).toEqual({ name: 'blank' })
    for (const tab of [alice, mallory]) tab.online()
    await connected(scene, alice)
    await joinAs(scene, alice, mallory, 'Mallory')
  })

  test('[RP4] with a relay out of reach is `not-online`, and may be tried again', async () => {
    const scene = await openScene()
    scene.relay.stop()
    const alice = await scene.device('Alice').open()
    alice.online()
    await expect(finished(scene, alice.replica.createWorkspace(creation(scene)))).rejects.toMatchObject({ code: 'not-online' })
    await scene.relay.start()
    await found(scene, alice, 'Alice')
    await expectFounded(scene, alice)
  })

  test('[RP5] refuses names that are empty or too long, broken setup links, and a second workspace', async () => {
    const scene = await openScene()
    const alice = await scene.device('Alice').open()
    const create = async (change: Partial<ReturnType<typeof creation>>): Promise<unknown> =>
      alice.replica.createWorkspace({ ...creation(scene), ...change })
    await expect(create({ name: '  ' })).rejects.toMatchObject({ code: 'empty' })
    await expect(create({ displayName: 'x'.repeat(201) })).rejects.toMatchObject({ code: 'too-long' })
    await expect(create({ setupSecret: 'short' })).rejects.toMatchObject({ code: 'bad-link' })
    expect(alice.replica.phase.read()).toEqual({ name: 'blank' })
    await found(scene, alice, 'Alice')
    await expect(create({})).rejects.toMatchObject({ code: 'already-member' })
  })
})
