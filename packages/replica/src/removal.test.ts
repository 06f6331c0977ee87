import { concatBytes, idToBytes } from '@poruch/base'
import type { Bytes, DeviceId, EpochId, TopicId } from '@poruch/base'
import { openSealedKey } from '@poruch/identity'
import { decodeSealedKey, makeScopeFold } from '@poruch/identity/fold'
import { decodeEnvelope, envelopeContext } from '@poruch/sync/wire'
import { describe, expect, test } from 'vitest'
import { loadAccount } from './account.ts'
import type { ConversationId } from './api.ts'
import { connected, finished, invite, joinAs, openTeam, say } from './testing/scene.ts'
import type { Device, Scene, Tab } from './testing/scene.ts'

async function openTrio(options: Parameters<typeof openTeam>[1] = {}) {
  const team = await openTeam(['Alice', 'Bob', 'Carol'], options)
  const [alice, bob, carol] = team.tabs
  const [aliceDevice, bobDevice, carolDevice] = team.devices
  if (!alice || !bob || !carol || !aliceDevice || !bobDevice || !carolDevice) throw new Error('no team')
  const remove = async (name: string): Promise<void> => finished(team.scene, alice.replica.removeMember(alice.member(name).user))
  return { ...team, alice, bob, carol, aliceDevice, bobDevice, carolDevice, remove }
}

const topicOf = (channel: ConversationId): TopicId => (channel.kind === 'channel' ? `${channel.prefix}00000000` : '') as TopicId

describe('removing a member', () => {
  test('[RP40] orders removal and new epoch together; the removed one is former, reads, and writes no more', async () => {
    const { scene, alice, bob, bobDevice, channel, remove } = await openTrio()
    await say(scene, alice, channel, ['before'])
    await scene.until('Bob reads', () => bob.texts(channel).length === 1)
    const before = (await scene.relay.log.readScope(alice.workspace().scope, 0, 100)).length
    const user = alice.member('Bob').user
    await remove('Bob')
    expect(await scene.relay.log.readScope(alice.workspace().scope, 0, 100)).toHaveLength(before + 2)
    await scene.until('Bob is told', () => bob.replica.phase.read().name === 'former')
    expect(bob.view(channel).readOnly).toBe('removed')
    await expect(finished(scene, bob.replica.send(channel, 'still here'))).rejects.toMatchObject({ code: 'read-only' })
    expect(alice.view({ kind: 'direct', user }).readOnly).toBe('other-removed')
    await expect(finished(scene, alice.replica.send({ kind: 'direct', user }, 'bye'))).rejects.toMatchObject({ code: 'read-only' })
    const link = await invite(scene, alice)
    await expect(bob.replica.requestJoin({ link, displayName: 'Bob' })).rejects.toMatchObject({ code: 'already-member' })
    await bob.close()
    const again = await bobDevice.open()
    again.online()
    await scene.until('the copy is read', () => again.texts(channel).length === 1)
    expect(again.replica.phase.read()).toEqual({ name: 'former' })
    await say(scene, alice, channel, ['after'])
    await scene.pass(3_000)
    expect(again.texts(channel)).toEqual(['before'])
  })

  test('[RP41] closes later messages to all keys of the removed device, and to all that the relay holds', async () => {
    const { scene, alice, carol, bobDevice, aliceDevice, channel, remove } = await openTrio()
    await say(scene, alice, channel, ['before'])
    await scene.pass(1_000)
    await remove('Bob')
    await say(scene, alice, channel, ['secret'])
    await scene.until('Carol reads', () => carol.texts(channel).includes('secret'))
    const opened = async (device: Device): Promise<number> => openedOf(scene, await keysOf(scene, device), { channel, tab: alice })
    // All of Alice's keys open both; Bob's open what he could read before.
    expect(await opened(aliceDevice)).toBe(2)
    expect(await opened(bobDevice)).toBe(1)
  })

  test('[RP179] asks again for a key that the relay withheld and went on, without a peer and within its session', async () => {
    const { scene, alice, carol, carolDevice, channel, remove } = await openTrio()
    let isHonest = false
    carolDevice.wire = (way, frame) => (way === 'down' && frame.type === 'KEY' && !isHonest ? 'lost' : true)
    await remove('Bob')
    await say(scene, alice, channel, ['secret'])
    await scene.pass(3_000)
    expect(carol.texts(channel)).toEqual([])
    isHonest = true
    await scene.until('Carol reads', () => carol.texts(channel).includes('secret'))
    // Nobody has withheld anything for long: no epoch is opened in its place.
    expect(carol.events.map(({ event }) => event)).not.toContain('epoch-skipped')
  })

  test('[RP193] an epoch that is due and was refused is proposed again', async () => {
    const { scene, alice, bob, aliceDevice, carolDevice, channel } = await openTrio()
    let isRecovering = true
    for (const device of [aliceDevice, carolDevice]) {
      device.wire = (way, frame, answer) => {
        if (!isRecovering || way !== 'up' || frame.type !== 'PROPOSE') return true
        answer({ type: 'REFUSE', ref: frame.ref, code: 'relay-recovering', detail: '' })
        return 'lost'
      }
    }
    await finished(scene, bob.replica.leave())
    await scene.pass(5_000)
    await expect(finished(scene, alice.replica.send(channel, 'x'))).rejects.toMatchObject({ code: 'waiting-for-key' })
    isRecovering = false
    await scene.pass(35_000)
    await say(scene, alice, channel, ['after'])
  })

  test('[RP192] an epoch whose key its author keeps is skipped: all write and read on, what was written under it and later members included', async () => {
    const { scene, alice, bob, carol, aliceDevice, channel, remove } = await openTrio()
    await say(scene, alice, channel, ['before'])
    await scene.until('it is read', () => bob.texts(channel).length === 1)
    let keeps = true
    aliceDevice.wire = (way, frame, answer) => {
      if (!keeps || way !== 'up' || frame.type !== 'PUTKEY') return true
      answer({ type: 'KEYOK', ref: frame.ref })
      return 'lost'
    }
    await remove('Carol')
    await say(scene, alice, channel, ['under the kept key'])
    await expect(finished(scene, bob.replica.send(channel, 'x'))).rejects.toMatchObject({ code: 'waiting-for-key' })
    await scene.pass(30_000)
    keeps = false
    await scene.pass(10_000)
    await say(scene, bob, channel, ['after'])
    const dave = await scene.device('Dave').open()
    dave.online()
    await joinAs(scene, alice, dave, 'Dave')
    for (const tab of [alice, bob, dave])
      await scene.until('all is read', () => tab.texts(channel).join() === 'before,under the kept key,after')
    expect(carol.texts(channel)).toEqual(['before'])
  })

  test('[RP192] who is away, and has no answer to what it asked, skips nothing', async () => {
    const { scene, alice, bob, bobDevice, channel, remove } = await openTrio()
    bobDevice.wire = (way, frame) => (way === 'down' && frame.type === 'KEY' ? 'lost' : true)
    await remove('Carol')
    await scene.until('Bob knows', () => bob.workspace().members.length === 2)
    bob.offline()
    await scene.pass(120_000)
    bobDevice.wire = () => true
    bob.online()
    await say(scene, alice, channel, ['after'])
    await scene.until('Bob reads', () => bob.texts(channel).length === 1)
    await scene.pass(1000)
    expect(bob.events.map(({ event }) => event)).not.toContain('epoch-skipped')
  })

  test('[RP42] is told to nobody by a removed peer, and a removed peer is refused with the relay dead', async () => {
    const { scene, alice, bob, carol, channel, remove, bobDevice } = await openTrio({ direct: true })
    await scene.until('all are linked', () => [alice, bob, carol].every((tab) => tab.replica.connection.read().peers.length === 2))
    // Bob's client is patched: it never hears of the log again, and goes on in the old epoch.
    bob.offline()
    bobDevice.wire = () => false
    await remove('Bob')
    await scene.until('Carol knows', () => carol.workspace().members.length === 2)
    scene.relay.stop()
    bob.online()
    await say(scene, bob, channel, ['back-dated'])
    scene.air.force()
    await scene.pass(5_000)
    expect([alice, carol].map((tab) => tab.replica.connection.read().peers.length)).toEqual([1, 1])
    for (const tab of [alice, carol]) expect(tab.texts(channel)).toEqual([])
    await say(scene, alice, channel, ['between us'])
    await scene.until('Carol reads', () => carol.texts(channel).length === 1)
    await scene.pass(2_000)
    expect(bob.texts(channel)).toEqual(['back-dated'])
  })
})

describe('what was written before its author could know', () => {
  /** Bob writes alone; Carol has it from him while the removal is ordered; Alice hears the removal first, Carol the message. */
  async function lateMessage() {
    const team = await openTrio()
    const { scene, alice, bob, carol, channel, bobDevice, carolDevice, remove } = team
    await say(scene, bob, channel, ['in time'])
    await scene.until('all read', () => [alice, carol].every((tab) => tab.texts(channel).length === 1))
    bobDevice.wire = () => false
    carolDevice.wire = () => false
    for (const tab of [bob, carol]) {
      tab.offline()
      tab.online()
    }
    await say(scene, bob, channel, ['late'])
    await remove('Bob')
    alice.offline()
    scene.air.set(true)
    await scene.until('Carol has it', () => carol.texts(channel).includes('late'))
    scene.air.set(false)
    alice.online()
    carolDevice.wire = () => true
    await scene.until('Carol knows', () => carol.workspace().members.length === 2)
    bob.offline()
    // The relay takes nothing void: it passes between members.
    scene.air.set(true)
    return team
  }

  test('[RP43] is void everywhere, whichever came first, and is offered to admins alone', async () => {
    const { scene, alice, carol, channel } = await lateMessage()
    await scene.until('Alice is offered it', () => alice.workspace().late.length === 1)
    await scene.until('Carol takes it back', () => carol.texts(channel).length === 1)
    for (const tab of [alice, carol]) expect(tab.texts(channel)).toEqual(['in time'])
    expect(alice.workspace().late).toMatchObject([{ text: 'late', conversation: channel, authorName: 'Bob' }])
    expect(carol.workspace().late).toEqual([])
  })

  test('[RP44] shows everywhere once an admin admits it', async () => {
    const { scene, alice, carol, channel, aliceDevice } = await lateMessage()
    await scene.until('Alice is offered it', () => alice.workspace().late.length === 1)
    const [late] = alice.workspace().late
    if (!late) throw new Error('nothing late')
    let rows = 0
    scene.relay.log.watch((topic, relaySeq) => {
      if (topic === topicOf(channel)) rows = relaySeq
    })
    await finished(scene, alice.replica.admitLate(late))
    await scene.until('all show it', () => [alice, carol].every((tab) => tab.texts(channel).length === 2))
    await scene.until('the relay has it too', () => rows === 2)
    await scene.until('the offer goes', () => alice.workspace().late.length === 0)
    await expect(finished(scene, alice.replica.admitLate(late))).rejects.toMatchObject({ code: 'refused', reason: 'message-unknown' })
    await alice.close()
    const again = await aliceDevice.open()
    await scene.until('the copy is read', () => again.texts(channel).length === 2)
    expect(again.texts(channel)).toEqual(['in time', 'late'])
    expect(again.view(channel).messages.map(({ authorName }) => authorName)).toEqual(['Bob', 'Bob'])
  })
})

describe('keys', () => {
  test('[RP45] a due epoch is opened by whoever can, after a leave', async () => {
    const { scene, alice, bob, carol, channel, aliceDevice } = await openTrio()
    const epochs = async (): Promise<number> => (await aliceDevice.disk.open().listRecords('epoch-keys')).length
    const before = await epochs()
    await finished(scene, carol.replica.leave())
    await scene.until('she is former', () => carol.replica.phase.read().name === 'former')
    expect(carol.view(channel).readOnly).toBe('removed')
    await scene.until('all can write', () =>
      [alice, bob].every((tab) => tab.workspace().members.length === 2 && tab.view(channel).readOnly === null),
    )
    await scene.pass(5_000)
    await say(scene, alice, channel, ['on we go'])
    await scene.until('Bob reads', () => bob.texts(channel).length === 1)
    expect(await epochs()).toBeGreaterThan(before)
    expect(carol.texts(channel)).toEqual([])
  })

  test('[RP46] owed to others survive a crash between ORDERED and the handing over', async () => {
    const { scene, alice, bob, channel, aliceDevice, remove } = await openTrio()
    aliceDevice.wire = (_way, frame) => frame.type !== 'PUTKEY'
    await remove('Carol')
    alice.kill()
    await scene.until('Bob knows', () => bob.workspace().members.length === 2)
    expect(bob.view(channel).readOnly).toBe('waiting-for-key')
    aliceDevice.wire = () => true
    const again = await aliceDevice.open()
    again.online()
    await scene.until('Bob has the key', () => bob.view(channel).readOnly === null)
    await scene.until('nothing is owed', () => again.replica.connection.read().relay.state === 'connected')
    await scene.pass(500)
    expect(await aliceDevice.disk.open().listRecords('to-seal')).toEqual([])
  })

  test('[RP46] that the relay refuses, or that were never ordered, are owed no longer', async () => {
    const { scene, alice, bob, channel, aliceDevice } = await openTrio()
    const store = aliceDevice.disk.open()
    const nobody = '11'.repeat(32)
    const value = new Uint8Array([0, 0, 0, 1])
    await store.putRecords([{ collection: 'to-seal', key: `${nobody}/${alice.member('Bob').user}`, value }])
    await finished(scene, alice.replica.createChannel('Plans'))
    await scene.pass(500)
    expect(await store.listRecords('to-seal')).toEqual([])
    await say(scene, alice, channel, ['hi'])
    await scene.until('Bob reads', () => bob.texts(channel).length === 1)
  })

  test('[RP47] that the relay does not bring are asked of peers', async () => {
    const { scene, bob, channel, bobDevice, remove } = await openTrio()
    bobDevice.wire = (way, frame) => (way === 'down' && frame.type === 'KEY' ? 'lost' : true)
    await remove('Carol')
    await scene.until('Bob knows', () => bob.workspace().members.length === 2)
    await scene.pass(1_000)
    expect(bob.view(channel).readOnly).toBe('waiting-for-key')
    scene.air.set(true)
    // Long before another epoch would be opened in its place.
    await scene.pass(5_000)
    expect(bob.view(channel).readOnly).toBeNull()
  })

  test('[RP47] are asked of linked peers when the relay dies between the log and the key', async () => {
    const { scene, alice, carol, channel, carolDevice, remove } = await openTrio({ direct: true })
    await scene.until('linked', () => alice.replica.connection.read().peers.length === 2)
    carolDevice.wire = (way, frame) => (way === 'down' && frame.type === 'KEY' ? 'lost' : true)
    await remove('Bob')
    await scene.until('Carol knows', () => carol.workspace().members.length === 2)
    scene.relay.stop()
    await scene.until('Carol has the key', () => carol.view(channel).readOnly === null)
    await say(scene, carol, channel, ['under the new key'])
    await scene.until('Alice reads', () => alice.texts(channel).length === 1)
  })

  test('[RP47] that came to a peer by the relay alone are there after the log came from a peer', async () => {
    const { scene, alice, carol, channel, carolDevice, remove } = await openTrio({ direct: true })
    carolDevice.wire = () => false
    carol.offline()
    carol.online()
    await remove('Bob')
    await scene.until('Carol knows by Alice', () => carol.workspace().members.length === 2)
    await say(scene, alice, channel, ['new epoch'])
    await scene.until('Carol reads', () => carol.texts(channel).length === 1)
    carolDevice.wire = () => true
    await connected(scene, carol)
  })
})

/** Every epoch key on a device's disk, and every one that its user's keys open among all sealed keys at the relay. */
async function keysOf(scene: Scene, device: Device): Promise<{ epoch: EpochId; key: Bytes }[]> {
  const store = device.disk.open()
  const account = await loadAccount({ store, suite: scene.suite })
  const [scope] = await scene.relay.log.scopes()
  if (!account || !scope) throw new Error('no account')
  const keys = (await store.listRecords('epoch-keys')).map(({ key, value }) => ({ epoch: key as EpochId, key: value }))
  const fold = makeScopeFold({ suite: scene.suite, scope: scope as never })
  await fold.apply((await scene.relay.log.readScope(scope, 0, 1_000)).map(({ record }) => record))
  for (const { user } of [...fold.members(), account]) {
    for (const { value } of await scene.relay.log.readSide('keys', `${scope}/${user}`, 0, 1_000)) {
      if (value[0] !== 1) continue
      const sealed = decodeSealedKey(value.slice(1))
      const keyCommitment = fold.epochs().find(({ id }) => id === sealed.epoch)?.keyCommitment
      if (!keyCommitment) continue
      const key = await openSealedKey({ suite: scene.suite, sealed, keyCommitment, pukSeeds: account.pukSeeds })
      if (key) keys.push({ epoch: sealed.epoch, key })
    }
  }
  return keys
}

/** How many of Alice's envelopes in the channel some of the keys opens, under any epoch's name. */
async function openedOf(
  scene: Scene,
  keys: readonly { epoch: EpochId; key: Bytes }[],
  { channel, tab }: { channel: ConversationId; tab: Tab },
): Promise<number> {
  const { suite, relay } = scene
  const topic = topicOf(channel)
  const { scope } = tab.workspace()
  const fold = makeScopeFold({ suite, scope })
  await fold.apply((await relay.log.readScope(scope, 0, 1_000)).map(({ record }) => record))
  const rows = await relay.log.read(topic, 0, 1_000)
  let count = 0
  let prev: Parameters<typeof envelopeContext>[0]['prev'] = null
  for (const { bytes, device, id } of rows) {
    const form = decodeEnvelope(bytes)
    const head = form.ok && fold.entryIdAt(form.value.header.pos)
    if (!form.ok || !head) throw new Error('no envelope')
    const { header, headerBytes, ct } = form.value
    let isOpen = false
    for (const { id: epoch } of fold.epochs()) {
      const context = envelopeContext({ scope, topic, epoch, device, prev, head })
      for (const { key } of keys) {
        const aead = await suite.deriveAeadKey(key, idToBytes(topic), infoOf(epoch, header.kind, device))
        if (await suite.open(aead, header.nonce, concatBytes(context, headerBytes), ct)) isOpen = true
      }
    }
    if (isOpen) count++
    prev = id
  }
  return count
}

function infoOf(epoch: EpochId, kind: number, device: DeviceId): Bytes {
  return concatBytes(new TextEncoder().encode('msg v1'), idToBytes(epoch), Uint8Array.of(kind), idToBytes(device))
}
