import fc from 'fast-check'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import {
  addDeviceOp,
  draftAdmit,
  draftAdmitLate,
  draftPinUser,
  draftSetMinimum,
  extendUserLog,
  generateDeviceKeys,
  revokeDeviceOp,
} from '@poruch/identity'
import { cutRootOf, roles, topicIdOf } from '@poruch/identity/fold'
import type { CutRow, EnvelopePlace, Role, ScopeFold } from '@poruch/identity/fold'
import { seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(14)
let suite: Suite
let world: World
let messages: TopicId
let reactions: TopicId
let bob: DeviceId

beforeEach(async () => {
  suite = keyedHashSuite(random)
  world = await setupWith({ suite, random, roles: { ann: roles.admin } }, 'alice', 'ann', 'bob', 'carol')
  messages = topicIdOf(world.channel, 0)
  reactions = topicIdOf(world.channel, 1)
  bob = world.person('bob').device
})

/** A chain without forks: the id says topic, device and seq. */
function envelopeId(topic: TopicId, device: DeviceId, seq: number): EnvelopeId {
  return (topic.slice(0, 8) + topic.slice(-8) + device.slice(0, 16) + String(seq).padStart(32, '0')) as EnvelopeId
}

function row(topic: TopicId, seq: number, device = bob): CutRow {
  return { topic, device, seq, id: envelopeId(topic, device, seq) }
}

function standing(
  topic: TopicId,
  seq: number,
  { pos, device = bob, fold = world.fold }: { pos: number; device?: DeviceId; fold?: ScopeFold },
): string {
  const place: EnvelopePlace = { topic, device, seq, id: envelopeId(topic, device, seq), pos }
  return fold.standing(place, (end, id) => end >= seq && id === envelopeId(topic, device, end))
}

const headPos = (): number => world.fold.head()?.pos ?? 0

describe('what stands after a removal', () => {
  test('[ID50] is what the cut names, and nothing of a pair that it does not name', async () => {
    const pos = headPos()
    expect(standing(messages, 9, { pos })).toBe('stands')
    const version = world.fold.cutVersion()
    await world.remove('bob', [row(messages, 3)])
    expect(world.fold.cutVersion()).toBeGreaterThan(version)
    expect([1, 3, 4].map((seq) => standing(messages, seq, { pos }))).toEqual(['stands', 'stands', 'void'])
    expect(standing(reactions, 1, { pos })).toBe('void')
    expect(standing(messages, 9, { pos, device: world.person('carol').device })).toBe('stands')
    // A branch beside the chain that the cut names.
    const place = { topic: messages, device: bob, seq: 2, id: 'ff'.repeat(32) as EnvelopeId, pos }
    expect(world.fold.standing(place, () => false)).toBe('void')
  })

  test('[ID50] keeps what the role left still allows', async () => {
    const pos = headPos()
    await world.setRole('bob', roles.viewer, [])
    expect(standing(messages, 1, { pos })).toBe('void')
    expect(standing(reactions, 1, { pos })).toBe('stands')
  })

  test('[ID51] does not come back with the right', async () => {
    const pos = headPos()
    await world.remove('bob', [row(messages, 2)])
    const { userId } = world.person('bob')
    await world.propose('alice', draftAdmit({ user: userId, role: roles.editor, entries: [] }))
    expect(standing(messages, 3, { pos })).toBe('void')
    const restored = headPos()
    expect(standing(messages, 3, { pos: restored })).toBe('stands')
    await world.remove('bob', [row(messages, 5)])
    expect([2, 3, 5].map((seq) => standing(messages, seq, { pos }))).toEqual(['stands', 'void', 'void'])
    expect([3, 5, 6].map((seq) => standing(messages, seq, { pos: restored }))).toEqual(['stands', 'stands', 'void'])
  })

  test('[ID52] grows by late admission, past earlier cuts only', async () => {
    const pos = headPos()
    const late = (seq: number): ReturnType<typeof draftAdmitLate> =>
      draftAdmitLate({ device: bob, topic: messages, seq, envelope: envelopeId(messages, bob, seq) })
    await world.propose('ann', late(9))
    await world.remove('bob', [row(messages, 2)])
    expect(standing(messages, 5, { pos })).toBe('void')
    const version = world.fold.cutVersion()
    await world.propose('ann', late(5))
    expect(world.fold.cutVersion()).toBeGreaterThan(version)
    expect([5, 6].map((seq) => standing(messages, seq, { pos }))).toEqual(['stands', 'void'])
    expect(standing(reactions, 1, { pos })).toBe('void')
  })

  test('[ID53] is not for the user to widen, but after the loss of a device', async () => {
    const pos = headPos()
    const person = world.person('bob')
    const laptop = await generateDeviceKeys(suite, random)
    const added = await extendUserLog(suite, person.identity.state, {
      op: await addDeviceOp(suite, person.identity.state, laptop),
      signer: person.identity.device,
    })
    await world.remove('bob', [row(messages, 1)])
    await world.propose('alice', draftAdmit({ user: person.userId, role: roles.editor, entries: [added.bytes] }))
    const between = headPos()
    const cuts = [row(messages, 2)]
    const op = revokeDeviceOp(bob, [{ scope: world.scope, cutRoot: await cutRootOf(suite, cuts) }])
    const revoked = await extendUserLog(suite, added.state, { op, signer: laptop.device })
    await world.propose(
      'carol',
      await draftPinUser(suite, { user: person.userId, head: revoked.state.head, entries: [revoked.bytes], cuts }),
    )
    expect([2, 3].map((seq) => standing(messages, seq, { pos: between }))).toEqual(['stands', 'void'])
    person.identity = { ...person.identity, device: laptop.device, state: revoked.state }
    await world.propose('bob', draftAdmitLate({ device: bob, topic: messages, seq: 4, envelope: envelopeId(messages, bob, 4) }))
    expect([3, 4, 5].map((seq) => standing(messages, seq, { pos: between }))).toEqual(['stands', 'stands', 'void'])
    // The admin's earlier cut is not theirs to undo.
    expect([1, 2, 3].map((seq) => standing(messages, seq, { pos }))).toEqual(['stands', 'void', 'void'])
  })

  test('[ID41] is widened by admins, and for a lost device by its user', async () => {
    const late = draftAdmitLate({ device: bob, topic: messages, seq: 1, envelope: envelopeId(messages, bob, 1) })
    const reason = async (by: string, draft = late): Promise<string> => {
      const judged = await world.tryPropose(by, draft)
      return judged.ok ? 'taken' : judged.reason
    }
    expect(await reason('carol')).toBe('no-right')
    expect(await reason('bob')).toBe('no-right')
    expect(
      await reason(
        'ann',
        draftAdmitLate({ device: world.person('mallory').device, topic: messages, seq: 1, envelope: envelopeId(messages, bob, 1) }),
      ),
    ).toBe('unknown-device')
    expect(
      await reason(
        'ann',
        draftAdmitLate({ device: bob, topic: 'ee'.repeat(32) as TopicId, seq: 1, envelope: envelopeId(messages, bob, 1) }),
      ),
    ).toBe('unknown-doc')
    expect(await reason('ann')).toBe('taken')
  })

  test('[ID54] after a raised minimum touches those who lose the topic by it', async () => {
    await world.setRole('carol', roles.viewer, [row(messages, 4, world.person('carol').device)])
    const pos = headPos()
    const raised = { prefix: world.channel, minWrite: roles.admin, minReact: roles.viewer }
    await world.propose('ann', await draftSetMinimum(suite, { ...raised, cuts: [row(messages, 2)] }))
    const ann = world.person('ann').device
    expect([2, 3].map((seq) => standing(messages, seq, { pos }))).toEqual(['stands', 'void'])
    expect(standing(reactions, 3, { pos })).toBe('stands')
    expect(standing(messages, 3, { pos, device: ann })).toBe('stands')
    expect([4, 5].map((seq) => standing(messages, seq, { pos: pos - 1, device: world.person('carol').device }))).toEqual(['stands', 'void'])
    await world.propose('ann', await draftSetMinimum(suite, { ...raised, minWrite: roles.editor, cuts: null }))
    expect(standing(messages, 3, { pos })).toBe('void')
    expect(standing(messages, 3, { pos: headPos() })).toBe('stands')
  })

  test('[ID55] is the same whenever cuts, late admissions and envelopes are learnt', async () => {
    const pos = headPos()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ late: fc.boolean(), seq: fc.integer({ min: 1, max: 9 }) }), { maxLength: 5 }),
        fc.nat(4),
        async (acts, asked) => {
          const small = await setupWith({ suite, random }, 'alice', 'bob')
          const device = small.person('bob').device
          const topic = topicIdOf(small.channel, 0)
          const role: Role = roles.editor
          for (const act of acts) {
            if (act.late)
              await small.propose('alice', draftAdmitLate({ device, topic, seq: act.seq, envelope: envelopeId(topic, device, act.seq) }))
            else {
              await small.remove('bob', [row(topic, act.seq, device)])
              await small.propose('alice', draftAdmit({ user: small.person('bob').userId, role, entries: [] }))
            }
          }
          // One replica asks after each step, as envelopes came in between; the other learns the whole log first.
          const copy = await small.copy()
          const seqs = Array.from({ length: 9 }, (_, index) => index + 1)
          const ask = (fold: ScopeFold, at: number): string[] => seqs.map((seq) => standing(topic, seq, { pos: at, device, fold }))
          expect(ask(copy, pos + asked)).toEqual(ask(small.fold, pos + asked))
          const reversed = seqs.toReversed().map((seq) => standing(topic, seq, { pos, device, fold: copy }))
          expect(reversed.toReversed()).toEqual(ask(small.fold, pos))
          // What stands of one chain is a beginning of it.
          const firstVoid = ask(copy, pos).indexOf('void')
          expect(
            firstVoid < 0 ||
              ask(copy, pos)
                .slice(firstVoid)
                .every((answer) => answer === 'void'),
          ).toBe(true)
        },
      ),
      { numRuns: 15, seed: 3 },
    )
  })

  test('[ID56] is not decided here for topics that the log does not name', async () => {
    await world.remove('bob', [])
    expect(standing('ee'.repeat(32) as TopicId, 1, { pos: 0 })).toBe('stands')
  })
})
