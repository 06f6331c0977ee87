/** Several owners agree on who is to order the log. */
import { toBase64Url } from '@poruch/base'
import type { UserId } from '@poruch/base'
import { describe, expect, test, vi } from 'vitest'
import type { OwnerProposal, RelayChange } from './api.ts'
import { connected, finished, openTeam, otherOrigin, say } from './testing/scene.ts'
import type { Tab, Team } from './testing/scene.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000 })

interface Owners extends Team {
  readonly alice: Tab
  readonly bob: Tab
  readonly carol: Tab
  move(tab: Tab, setupSecret?: string): Promise<'ordered' | 'waiting'>
}

/** Alice and Bob are owners, Carol is an editor. */
async function openOwners(options: { direct?: boolean } = {}): Promise<Owners> {
  const team = await openTeam(['Alice', 'Bob', 'Carol'], options)
  const { scene } = team
  const [alice, bob, carol] = team.tabs as [Tab, Tab, Tab]
  expect(await finished(scene, alice.replica.propose({ user: alice.member('Bob').user, role: 'owner' }))).toBe('ordered')
  await scene.until('Bob is an owner', () =>
    team.tabs.every((tab) => tab.workspace().members.filter(({ role }) => role === 'owner').length === 2),
  )
  await connected(scene, ...team.tabs)
  const move: Owners['move'] = async (tab, setupSecret) =>
    finished(scene, tab.replica.moveRelay({ origin: otherOrigin, ...(setupSecret ? { setupSecret } : {}) }))
  return { ...team, alice, bob, carol, move }
}

function relayOf(proposals: readonly OwnerProposal[]): RelayChange & OwnerProposal {
  const found = proposals.find((proposal) => 'sequencer' in proposal)
  if (!found || !('sequencer' in found)) throw new Error('no relay is proposed')
  return found
}

describe('another relay', () => {
  test('[RP168] waits for more than half of the owners; then who has the setup secret moves, and the others follow', async () => {
    const { scene, alice, bob, carol, channel, move } = await openOwners()
    const setupSecret = toBase64Url(scene.other.setup)
    await say(scene, alice, channel, ['before'])
    expect(await move(alice, setupSecret)).toBe('waiting')
    await scene.until('Bob is asked', () => bob.workspace().proposals.length === 1)
    const asked = relayOf(bob.workspace().proposals)
    expect(asked).toMatchObject({ steward: null, by: [alice.member('Alice').user], needed: 2 })
    expect(carol.workspace().proposals).toEqual([])
    // Alone she moves nothing, however often she asks; an editor has no word.
    expect(await move(alice, setupSecret)).toBe('waiting')
    await expect(finished(scene, carol.replica.approve(asked))).rejects.toMatchObject({ code: 'refused', reason: 'no-right' })
    // The old relay goes on meanwhile: what it orders now comes after what the owners have agreed on.
    await finished(scene, carol.replica.createChannel('meanwhile'))
    await scene.until('all see it', () =>
      [alice, bob].every((tab) => tab.workspace().conversations.some(({ title }) => title === 'meanwhile')),
    )
    expect(await finished(scene, bob.replica.approve(asked))).toBe('waiting')
    await scene.until('Alice sees both', () => alice.workspace().proposals[0]?.by.length === 2)
    expect(await move(alice, setupSecret)).toBe('ordered')
    await connected(scene, alice)
    for (const tab of [bob, carol]) await move(tab)
    await connected(scene, bob, carol)
    await say(scene, bob, channel, ['after'])
    await say(scene, carol, channel, ['after, too'])
    await scene.until('all read', () => [alice, bob, carol].every((tab) => tab.texts(channel).length === 3))
    await scene.until('her channel is proposed again', () => alice.workspace().conversations.some(({ title }) => title === 'meanwhile'))
    expect([alice, bob].map((tab) => tab.workspace().proposals)).toEqual([[], []])
    expect([alice, bob, carol].flatMap((tab) => tab.replica.alarms.read())).toEqual([])
  })

  test('[RP168] a word that was taken back does not count, nor one on another key', async () => {
    const { scene, alice, bob, move } = await openOwners()
    const setupSecret = toBase64Url(scene.other.setup)
    expect(await move(alice, setupSecret)).toBe('waiting')
    await scene.until('Bob is asked', () => bob.workspace().proposals.length === 1)
    const asked = relayOf(bob.workspace().proposals)
    await finished(scene, bob.replica.approve(asked))
    await scene.until('both', () => alice.workspace().proposals[0]?.by.length === 2)
    await finished(scene, bob.replica.withdraw(asked))
    await scene.until('one', () => alice.workspace().proposals[0]?.by.length === 1)
    // His next word is on another one, and takes the place of the first.
    const other = { ...asked, sequencer: 'ab'.repeat(32) }
    await finished(scene, bob.replica.approve(other))
    await scene.until('two are proposed', () => alice.workspace().proposals.length === 2)
    expect(await move(alice, setupSecret)).toBe('waiting')
    await expect(finished(scene, bob.replica.approve({ sequencer: 'no key', steward: null }))).rejects.toMatchObject({ reason: 'bad-id' })
  })
})

test('[RP333] a device in the relay’s place waits for more than half of the owners, and orders then', async () => {
  const { scene, alice, bob, carol } = await openOwners({ direct: true })
  scene.relay.stop()
  expect(await finished(scene, alice.replica.becomeSteward())).toBe('waiting')
  await scene.until('Bob is asked', () => bob.workspace().proposals.length === 1)
  const asked = relayOf(bob.workspace().proposals)
  expect(asked.steward).toBe(alice.member('Alice').user satisfies UserId)
  expect(await finished(scene, alice.replica.becomeSteward())).toBe('waiting')
  await finished(scene, bob.replica.approve(asked))
  await scene.until('both', () => alice.workspace().proposals[0]?.by.length === 2)
  expect(await finished(scene, alice.replica.becomeSteward())).toBe('ordered')
  await scene.until('all know', () => [bob, carol].every((tab) => tab.replica.connection.read().steward?.name === 'Alice'))
  await finished(scene, carol.replica.createChannel('Hers'))
})
