import { describe, expect, test } from 'vitest'
import { connected, finished, openTeam } from './testing/scene.ts'
import type { Wire } from './testing/relay-house.ts'

async function openPair() {
  const team = await openTeam(['Alice', 'Bob'])
  const [alice, bob] = team.tabs
  const [aliceDevice, bobDevice] = team.devices
  if (!alice || !bob || !aliceDevice || !bobDevice) throw new Error('no team')
  return { ...team, alice, bob, aliceDevice, bobDevice }
}

const titles = (tab: { workspace(): { conversations: readonly { id: { kind: string }; title: string }[] } }): string[] =>
  tab
    .workspace()
    .conversations.filter(({ id }) => id.kind === 'channel')
    .map(({ title }) => title)
    .toSorted()

describe('a change of membership', () => {
  test('[RP30] is built anew on the new head when somebody was faster, until it is ordered', async () => {
    const { scene, alice, bob } = await openPair()
    const made = ['Plans', 'News', 'Lunch'].map(async (title, index) => (index === 1 ? bob : alice).replica.createChannel(title))
    await finished(scene, Promise.all(made))
    await scene.until('all see all', () => [alice, bob].every((tab) => titles(tab).length === 4 && !titles(tab).includes('')))
    for (const tab of [alice, bob]) expect(titles(tab)).toEqual(['General', 'Lunch', 'News', 'Plans'])
  })

  test('[RP31] gives up with `contended` after 16 rebases', async () => {
    const { scene, bob, bobDevice } = await openPair()
    let proposed = 0
    const moved: Wire = (_way, frame, answer) => {
      if (frame.type !== 'PROPOSE') return true
      proposed++
      answer({ type: 'MOVED', ref: frame.ref, scope: bob.workspace().scope, pos: 0, id: '00'.repeat(32) as never })
      return 'lost'
    }
    bobDevice.wire = moved
    await expect(finished(scene, bob.replica.createChannel('Never'))).rejects.toMatchObject({ code: 'contended' })
    expect(proposed).toBe(16)
    expect(bob.replica.connection.read().waitingChanges).toBe(0)
  })

  test('[RP32] is `not-online` after 8 s without a session, and after 20 s without an answer; it is counted while it waits', async () => {
    const { scene, bob, bobDevice } = await openPair()
    bobDevice.wire = (_way, frame) => (frame.type === 'PROPOSE' ? 'lost' : true)
    const startMs = scene.clock.now()
    const waiting = bob.replica.createChannel('Never').catch((thrown: unknown) => thrown)
    await scene.until('it waits', () => bob.replica.connection.read().waitingChanges === 1)
    expect(await finished(scene, waiting)).toMatchObject({ code: 'not-online' })
    expect(scene.clock.now() - startMs).toBeGreaterThanOrEqual(20_000)
    expect(bob.replica.connection.read().waitingChanges).toBe(0)
    scene.relay.stop()
    await scene.until('it is away', () => bob.replica.connection.read().relay.state === 'offline')
    const stoppedMs = scene.clock.now()
    const fail = bob.replica.createChannel('Never').catch((thrown: unknown) => thrown)
    expect(await finished(scene, fail)).toMatchObject({ code: 'not-online' })
    expect(scene.clock.now() - stoppedMs).toBeGreaterThanOrEqual(8_000)
    expect(scene.clock.now() - stoppedMs).toBeLessThan(20_000)
  })

  test('[RP32] waits for a session that is on its way', async () => {
    const { scene, alice, bob } = await openPair()
    scene.relay.stop()
    await scene.until('it is away', () => bob.replica.connection.read().relay.state === 'offline')
    const waiting = bob.replica.createChannel('Plans')
    await scene.until('it waits', () => bob.replica.connection.read().waitingChanges === 1)
    await scene.relay.start()
    await finished(scene, waiting)
    await scene.until('Alice sees it', () => titles(alice).includes('Plans'))
  })

  test.each<[string, (frame: string) => boolean]>([
    ['before it arrived', (type) => type === 'PROPOSE'],
    ['after it was ordered', (type) => type === 'ORDERED'],
  ])('[RP33] whose session ended %s is ordered once', async (_name, cuts) => {
    const { scene, alice, bob, bobDevice } = await openPair()
    let isCut = false
    bobDevice.wire = (_way, frame) => {
      if (isCut || !cuts(frame.type)) return true
      isCut = true
      return false
    }
    await finished(scene, bob.replica.createChannel('Plans'))
    expect(isCut).toBe(true)
    await scene.until('Alice sees it', () => titles(alice).includes('Plans'))
    expect(titles(alice)).toEqual(['General', 'Plans'])
  })

  test('[RP34] that the log does not allow is `refused` with its reason', async () => {
    const { scene, alice, bob } = await openPair()
    await expect(finished(scene, bob.replica.removeMember(alice.member('Alice').user))).rejects.toMatchObject({
      code: 'refused',
      reason: 'no-right',
    })
    await expect(finished(scene, alice.replica.leave())).rejects.toMatchObject({ code: 'refused' })
    expect(bob.workspace().members).toHaveLength(2)
  })

  test('[RP35] that waits when the replica is closed fails with `closed`', async () => {
    const { scene, bob, bobDevice } = await openPair()
    bobDevice.wire = (_way, frame) => (frame.type === 'PROPOSE' ? 'lost' : true)
    const waiting = bob.replica.createChannel('Never').catch((thrown: unknown) => thrown)
    await scene.until('it waits', () => bob.replica.connection.read().waitingChanges === 1)
    await bob.close()
    expect(await finished(scene, waiting)).toMatchObject({ code: 'closed' })
  })
})

describe('the log', () => {
  test('[RP36] that comes with a hole is asked for again', async () => {
    const { scene, alice, bob, bobDevice } = await openPair()
    let lost = 0
    let asked = 0
    bobDevice.wire = (_way, frame) => {
      if (frame.type === 'LOGSUB') asked++
      return frame.type === 'ORDERED' && lost++ === 0 ? 'lost' : true
    }
    await finished(scene, alice.replica.createChannel('Plans'))
    await scene.pass(1_000)
    expect(titles(bob)).not.toContain('Plans')
    await finished(scene, alice.replica.createChannel('News'))
    await scene.until('Bob sees both', () => titles(bob).length === 3)
    expect(asked).toBe(1)
  })

  test('[RP37] that is another one from some place on is refused and reported, and nothing changes', async () => {
    const { scene, alice, bob, bobDevice } = await openPair()
    const { scope } = bob.workspace()
    const store = bobDevice.disk.open()
    const before = await store.listRecords('log')
    const last = before.at(-1)?.value
    if (!last) throw new Error('no log')
    const forged = last.slice()
    // Of the countersignature.
    forged[forged.length - 3] = (forged.at(-3) ?? 0) ^ 1
    let isForged = false
    bobDevice.wire = (way, frame, answer) => {
      if (way === 'down' && frame.type === 'ORDERED' && !isForged) {
        isForged = true
        answer({ type: 'ORDERED', scope, records: [forged] })
        answer({ type: 'ORDERED', scope, records: [new Uint8Array([1, 2, 3])] })
      }
      return true
    }
    await finished(scene, alice.replica.createChannel('Plans'))
    await scene.until('Bob sees it', () => titles(bob).includes('Plans'))
    await scene.pass(1_000)
    const refused = bob.events.filter(({ event }) => event === 'log-refused').map(({ detail }) => detail['reason'])
    expect(refused).toEqual(['forked-log', 'bad-bytes'])
    expect((await store.listRecords('log')).slice(0, before.length)).toEqual(before)
  })

  test('[RP38] goes on from what is on the device, also when its end is broken there', async () => {
    const { scene, alice, bob, bobDevice } = await openPair()
    await bob.close()
    const store = bobDevice.disk.open()
    const records = await store.listRecords('log')
    const last = records.at(-1)
    if (!last) throw new Error('no log')
    await store.putRecords([{ collection: 'log', key: last.key, value: new Uint8Array([1]) }])
    await finished(scene, alice.replica.createChannel('Plans'))
    const again = await bobDevice.open()
    again.online()
    await connected(scene, again)
    await scene.until('Bob has all', () => titles(again).includes('Plans'))
    expect((await store.listRecords('log')).slice(0, records.length)).toEqual(records)
  })
})
