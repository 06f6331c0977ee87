/** What a start shows before it has read the log, and that nothing is decided by it. */
import { encodeUtf8 } from '@poruch/base'
import { describe, expect, test } from 'vitest'
import type { ConversationId, WorkspaceView } from './api.ts'
import { firstViewDelayMs } from './first-view.ts'
import { collections, parseJson } from './records.ts'
import { connected, finished, openTeam, say } from './testing/scene.ts'
import type { Device, Scene, Tab } from './testing/scene.ts'

interface Started {
  readonly scene: Scene
  readonly alice: Tab
  readonly device: Device
  readonly channel: ConversationId
  /** Bob's tab again, while nothing of its log is read. */
  reopen(): Promise<{ readonly bob: Tab; read(): void }>
}

/** Bob has a screen, two unread messages, and has closed it. */
async function openStarted(change: (kept: WorkspaceView) => WorkspaceView = (kept) => kept): Promise<Started> {
  const { scene, devices, tabs, channel } = await openTeam(['Alice', 'Bob'])
  const [alice, before] = tabs
  const [, device] = devices
  if (!alice || !before || !device) throw new Error('no team')
  await before.close()
  device.whenShown = async () => Promise.resolve()
  const watching = await device.open()
  watching.online()
  await say(scene, alice, channel, ['one', 'two'])
  await scene.until('Bob has both', () => watching.workspace().conversations[0]?.unread === 2)
  await watching.close()
  const store = device.disk.open()
  const key = 'workspace'
  const kept = parseJson((await store.getRecord(collections.firstView, key)) ?? new Uint8Array()) as { readonly workspace: WorkspaceView }
  const value = encodeUtf8(JSON.stringify({ ...kept, workspace: change(kept.workspace) }))
  await store.putRecords([{ collection: collections.firstView, key, value }])
  const reopen = async (): Promise<{ bob: Tab; read(): void }> => {
    let read = (): void => {}
    const gate = new Promise<void>((resolve) => (read = resolve))
    device.whenShown = async () => gate
    return { bob: await device.open(), read }
  }
  return { scene, alice, device, channel, reopen }
}

describe('the first view', () => {
  test('[RP341] is the workspace as it was shown last, before anything of the log is read', async () => {
    const { scene, channel, reopen } = await openStarted()
    const { bob, read } = await reopen()
    const early = Object.keys(bob.workspace())
    expect(bob.replica.phase.read()).toEqual({ name: 'member' })
    expect(bob.workspace()).toMatchObject({ name: 'Works', myRole: 'editor', members: [{ name: 'Alice' }, { name: 'Bob', isMe: true }] })
    expect(bob.workspace().conversations[0]).toMatchObject({ id: channel, title: 'General', lastText: 'two', unread: 2 })
    expect(bob.replica.connection.read().relay.state).toBe('connecting')
    const view = bob.replica.conversation(channel)
    expect(view.read()).toMatchObject({ title: 'General', messages: [], isReading: true })
    let told = 0
    view.subscribe(() => told++)
    const sent = bob.replica.send(channel, 'written at once')
    const marked = bob.replica.markRead(channel)
    await scene.pass(1000)
    expect([bob.replica.devices.read(), view.read().messages, told]).toEqual([[], [], 0])
    read()
    await finished(scene, bob.replica.opened)
    await finished(scene, Promise.all([sent, marked]))
    expect(early.toSorted()).toEqual(Object.keys(bob.workspace()).toSorted())
    await scene.until('what is stored is shown', () => view.read().messages.length === 3 && bob.workspace().conversations[0]?.unread === 0)
    expect(bob.texts(channel)).toEqual(['one', 'two', 'written at once'])
    expect(told).toBeGreaterThan(0)
    expect(view.read().isReading).toBe(false)
    expect(bob.replica.devices.read()).toHaveLength(1)
  })

  test('[RP341] is kept while things change, and goes with the membership', async () => {
    const { scene, alice, device, channel, reopen } = await openStarted()
    const { bob, read } = await reopen()
    read()
    bob.online()
    await connected(scene, bob)
    await say(scene, alice, channel, ['three'])
    await scene.until('Bob has it', () => bob.workspace().conversations[0]?.unread === 3)
    await scene.pass(firstViewDelayMs * 2)
    bob.kill()
    const again = await reopen()
    expect(again.bob.workspace().conversations[0]).toMatchObject({ lastText: 'three', unread: 3 })
    again.read()
    again.bob.online()
    await connected(scene, again.bob)
    await finished(scene, alice.replica.removeMember(again.bob.member('Bob').user))
    await scene.until('Bob is none', () => again.bob.replica.phase.read().name === 'former')
    await scene.pass(firstViewDelayMs * 2)
    expect(await device.disk.open().getRecord(collections.firstView, 'workspace')).toBeNull()
  })

  test('[RP345] a conversation is being read until what is stored of it is here, never empty before; one that has nothing is then empty', async () => {
    const { scene, device, channel, reopen } = await openStarted()
    const { bob, read } = await reopen()
    const other = bob.workspace().members.find(({ isMe }) => !isMe)?.user
    if (!other) throw new Error('nobody else')
    const seen = [channel, { kind: 'direct', user: other } as const].map((id) => {
      const states: (readonly [number, boolean])[] = []
      const look = (): void => {
        const { messages, isReading } = bob.replica.conversation(id).read()
        states.push([messages.length, isReading])
      }
      bob.replica.conversation(id).subscribe(look)
      look()
      return { states, look }
    })
    read()
    await finished(scene, bob.replica.opened)
    for (const { look } of seen) look()
    await scene.until('all is read', () => seen.every(({ look, states }) => (look(), states.at(-1)?.[1] === false)))
    expect(seen[0]?.states.filter(([count, isReading]) => count === 0 && !isReading)).toEqual([])
    expect(seen.map(({ states }) => [states[0], states.at(-1)])).toEqual([
      [
        [0, true],
        [2, false],
      ],
      [
        [0, true],
        [0, false],
      ],
    ])
    // Nor is one that no first view stands for.
    await bob.close()
    device.whenShown = null
    const plain = await device.open()
    expect(plain.view(channel).isReading).toBe(plain.view(channel).messages.length < 2)
    await scene.until('all is read', () => !plain.view(channel).isReading)
    expect(plain.view(channel).messages).toHaveLength(2)
  })

  test('[RP342] that is missing, of another version or workspace, or not readable is none: the log is read first', async () => {
    const { device, channel, reopen } = await openStarted()
    const store = device.disk.open()
    const whole = parseJson((await store.getRecord(collections.firstView, 'workspace')) ?? new Uint8Array()) as {
      readonly workspace: WorkspaceView
    }
    const others = [null, {}, { ...whole, version: 0 }, { ...whole, workspace: { ...whole.workspace, scope: 'ab'.repeat(32) } }, 'damaged']
    for (const other of others) {
      const value = other && encodeUtf8(other === 'damaged' ? '{"version' : JSON.stringify(other))
      await store.putRecords([{ collection: collections.firstView, key: 'workspace', value }])
      // Nobody lets it read, and it has not asked.
      const { bob } = await reopen()
      expect(bob.workspace().members).toHaveLength(2)
      expect(bob.replica.devices.read()).toHaveLength(1)
      expect(bob.replica.conversation(channel).read().readOnly).toBeNull()
      await bob.close()
    }
  })

  test('[RP343] decides nothing: what it says of rights is not asked, and passes with the log', async () => {
    const { scene, alice, channel, reopen } = await openStarted((kept) => ({
      ...kept,
      myRole: 'owner',
      members: kept.members.filter(({ isMe }) => isMe),
    }))
    const { bob, read } = await reopen()
    bob.online()
    expect(bob.workspace().myRole).toBe('owner')
    const removed = bob.replica.removeMember(alice.member('Alice').user)
    read()
    await expect(finished(scene, removed)).rejects.toMatchObject({ code: 'refused' })
    await scene.until('the log is read', () => bob.workspace().myRole === 'editor')
    expect(bob.workspace().members).toHaveLength(2)
    expect(alice.workspace().members).toHaveLength(2)
    await say(scene, bob, channel, ['still here'])
  })

  test('[RP344] stands over nothing that cannot be read: who waits for the log hears of it', async () => {
    const { channel, reopen } = await openStarted()
    const { bob, read } = await reopen()
    const sent = bob.replica.send(channel, 'lost')
    bob.kill()
    await expect(bob.store.nextCount('the last write')).rejects.toMatchObject({ code: 'store-closed' })
    read()
    await expect(bob.replica.opened).rejects.toMatchObject({ code: 'store-closed' })
    await expect(sent).rejects.toMatchObject({ code: 'store-closed' })
  })
})
