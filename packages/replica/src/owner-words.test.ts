import { setImmediate } from 'node:timers/promises'
import { toHex } from '@poruch/base'
import type { DeviceId, UserId } from '@poruch/base'
import { approve, draftSetRole } from '@poruch/identity'
import { decodeEntry, decodeRecord, roles } from '@poruch/identity/fold'
import { directoryView, setDirectoryValue } from '@poruch/model'
import { seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { Person } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { makeManualClock } from '@poruch/testkit/memory'
import * as Y from 'yjs'
import { describe, expect, test, vi } from 'vitest'
import type { OwnerChange, RoleName } from './api.ts'
import { makeOwnerWords } from './owner-words.ts'
import { connected, finished, openTeam, say } from './testing/scene.ts'
import type { Tab, Team } from './testing/scene.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000 })

interface Owners extends Team {
  readonly alice: Tab
  readonly bob: Tab
  readonly carol: Tab
  of(tab: Tab, role: RoleName): OwnerChange
  rolesAt(tab: Tab): Record<string, RoleName>
}

/** Alice and Bob are owners, Carol is an editor. */
async function openOwners(): Promise<Owners> {
  const team = await openTeam(['Alice', 'Bob', 'Carol'])
  const { scene } = team
  const [alice, bob, carol] = team.tabs as [Tab, Tab, Tab]
  const of = (tab: Tab, role: RoleName): OwnerChange => ({ user: tab.workspace().members.find(({ isMe }) => isMe)?.user as UserId, role })
  const rolesAt = (tab: Tab): Record<string, RoleName> => Object.fromEntries(tab.workspace().members.map(({ name, role }) => [name, role]))
  expect(await finished(scene, alice.replica.propose(of(bob, 'owner')))).toBe('ordered')
  await scene.until('Bob is an owner', () => team.tabs.every((tab) => rolesAt(tab)['Bob'] === 'owner'))
  await connected(scene, ...team.tabs)
  return { ...team, alice, bob, carol, of, rolesAt }
}

describe('a change of owners', () => {
  test('[RP370] waits for more than half of them, and is ordered with the last word', async () => {
    const { scene, alice, bob, carol, of, rolesAt } = await openOwners()
    const change = of(carol, 'owner')
    expect(await finished(scene, alice.replica.propose(change))).toBe('waiting')
    await scene.until('Bob is asked', () => bob.workspace().proposals.length === 1)
    expect(bob.workspace().proposals).toEqual([{ ...change, by: [of(alice, 'owner').user], needed: 2 }])
    expect(carol.workspace().proposals).toEqual([])
    await scene.pass(10_000)
    expect(rolesAt(bob)['Carol']).toBe('editor')
    expect(await finished(scene, bob.replica.approve(bob.workspace().proposals[0] as OwnerChange))).toBe('ordered')
    await scene.until('Carol is an owner', () => [alice, bob, carol].every((tab) => rolesAt(tab)['Carol'] === 'owner'))
    expect([alice, bob, carol].map((tab) => tab.workspace().proposals)).toEqual([[], [], []])
  })

  test('[RP370] of two who agree at the same moment is ordered once', async () => {
    const { scene, alice, bob, carol, of, rolesAt } = await openOwners()
    const change = of(carol, 'owner')
    const words = [alice, bob].map(async (tab) => finished(scene, tab.replica.propose(change)))
    expect(await Promise.all(words)).toContain('waiting')
    await scene.until('Carol is an owner', () => [alice, bob, carol].every((tab) => rolesAt(tab)['Carol'] === 'owner'))
    await scene.pass(10_000)
    const { log } = scene.relay
    const [scope = ''] = await log.scopes()
    const ops = (await log.readScope(scope as never, 0, 99)).map(({ record }) => decodeEntry(decodeRecord(record).entry).op)
    expect(ops.filter((op) => op.kind === 'set-role' && op.user === change.user)).toHaveLength(1)
    expect([alice, bob].flatMap((tab) => tab.replica.alarms.read())).toEqual([])
  })

  test('[RP371] unmakes one of three, who writes on with the role that is left', async () => {
    const { scene, alice, bob, carol, channel, of, rolesAt } = await openOwners()
    await finished(scene, alice.replica.propose(of(carol, 'owner')))
    await scene.until('Bob is asked', () => bob.workspace().proposals.length === 1)
    await finished(scene, bob.replica.approve(of(carol, 'owner')))
    await scene.until('three', () => [alice, bob, carol].every((tab) => rolesAt(tab)['Carol'] === 'owner'))
    await say(scene, alice, channel, ['as an owner'])
    await scene.until('read', () => bob.texts(channel).includes('as an owner'))
    expect(await finished(scene, bob.replica.propose(of(alice, 'editor')))).toBe('waiting')
    await scene.until('Carol is asked', () => carol.workspace().proposals.length === 1)
    expect(await finished(scene, carol.replica.approve(of(alice, 'editor')))).toBe('ordered')
    await scene.until('she is none', () => [alice, bob, carol].every((tab) => rolesAt(tab)['Alice'] === 'editor'))
    // A right was lowered: until the next epoch nothing is written.
    await scene.pass(5_000)
    await say(scene, alice, channel, ['as an editor'])
    await scene.until('read on', () => bob.texts(channel).includes('as an editor'))
    expect(bob.texts(channel)).toContain('as an owner')
  })

  test('[RP372] counts no word that was taken back, nor one of before another change', async () => {
    const { scene, alice, bob, carol, of, rolesAt } = await openOwners()
    await finished(scene, alice.replica.propose(of(carol, 'owner')))
    await scene.until('Bob is asked', () => bob.workspace().proposals.length === 1)
    await finished(scene, alice.replica.withdraw(of(carol, 'owner')))
    await scene.until('no more', () => bob.workspace().proposals.length === 0)
    expect(await finished(scene, bob.replica.propose(of(carol, 'owner')))).toBe('waiting')
    await scene.until('Alice is asked', () => alice.workspace().proposals.length === 1)
    // Bob is unmade meanwhile: his word was one of an owner.
    expect(await finished(scene, alice.replica.propose(of(bob, 'editor')))).toBe('waiting')
    await scene.until('he is told', () => bob.workspace().proposals.length === 2)
    await finished(scene, bob.replica.approve(of(bob, 'editor')))
    await scene.until('he is none', () => rolesAt(alice)['Bob'] === 'editor')
    expect(alice.workspace().proposals).toEqual([])
    await scene.pass(10_000)
    expect(rolesAt(alice)['Carol']).toBe('editor')
  })

  test('[RP372] counts no word that is not signed so', async () => {
    const random = seededRandom(372)
    const suite = keyedHashSuite(random)
    const world = await setupWith({ suite, random }, 'olga', 'ann', 'cid')
    const { fold, scope } = world
    const [olga, ann, cid] = ['olga', 'ann', 'cid'].map((name) => world.person(name)) as [Person, Person, Person]
    const wordOf = async (by: Person, change: Partial<Parameters<typeof approve>[2]> = {}): Promise<string> =>
      toHex(
        (await approve(suite, by.identity.device, { scope, ownerTerm: fold.ownerTerm(), user: cid.userId, role: roles.owner, ...change }))
          .sig,
      )
    const makeAnn = await approve(suite, olga.identity.device, { scope, ownerTerm: fold.ownerTerm(), user: ann.userId, role: roles.owner })
    const early = await wordOf(ann)
    await world.propose('olga', await draftSetRole(suite, { user: ann.userId, role: roles.owner, cuts: null, approvals: [makeAnn] }))
    const doc = new Y.Doc()
    const view = directoryView(doc, { roleOf: () => 5, userOf: fold.ownerOf })
    const words = makeOwnerWords(
      {
        ports: { suite, random, clock: makeManualClock() },
        account: { user: olga.userId, device: olga.device, signingKey: olga.identity.device },
        log: { fold, scope },
        directory: view,
        proposals: { make: async () => Promise.resolve() },
        chainEnds: async () => Promise.resolve([]),
      },
      { set: async () => Promise.resolve() },
      () => undefined,
    )
    let lamport = 0
    const seen = async (device: DeviceId, value: string): Promise<number> => {
      setDirectoryValue(doc, device, { key: `owner/${fold.ownerTerm()}/${cid.userId}/5`, value, lamport: ++lamport })
      words.waiting()
      await setImmediate()
      await setImmediate()
      return words.waiting().length
    }
    expect(await seen(ann.device, 'ab'.repeat(64))).toBe(0)
    expect(await seen(ann.device, 'not a signature')).toBe(0)
    // For another role, of another term, by who is no owner, in another's name.
    expect(await seen(ann.device, await wordOf(ann, { role: roles.admin }))).toBe(0)
    expect(await seen(ann.device, early)).toBe(0)
    expect(await seen(cid.device, await wordOf(cid))).toBe(0)
    expect(await seen(ann.device, await wordOf(olga))).toBe(0)
    expect(await seen(ann.device, await wordOf(ann))).toBe(1)
    words.close()
  })

  test('[RP373] is refused where it is none, or not theirs to make', async () => {
    const { scene, alice, bob, carol, of } = await openOwners()
    const refusal = async (tab: Tab, change: OwnerChange): Promise<unknown> =>
      finished(scene, tab.replica.propose(change)).catch((thrown: unknown) => (thrown as { reason: string }).reason)
    expect(await refusal(carol, of(carol, 'owner'))).toBe('no-right')
    expect(await refusal(alice, { user: 'ab'.repeat(32) as UserId, role: 'owner' })).toBe('not-member')
    expect(await refusal(alice, of(bob, 'owner'))).toBe('no-change')
    expect(await refusal(alice, of(carol, 'viewer'))).toBe('no-owner')
    await finished(scene, alice.replica.propose(of(bob, 'editor')))
    await scene.until('Bob is asked', () => bob.workspace().proposals.length === 1)
    await finished(scene, bob.replica.approve(of(bob, 'editor')))
    await scene.until('one owner', () => alice.workspace().members.filter(({ role }) => role === 'owner').length === 1)
    expect(await refusal(alice, of(alice, 'admin'))).toBe('last-owner')
  })
})
