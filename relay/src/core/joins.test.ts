import {
  createJoinRequest,
  draftAdmitRequest,
  draftCreateInvitation,
  draftRevokeInvitation,
  invitationKeys,
  nextPlace,
  proposeAll,
} from '@poruch/identity'
import { roles, verifyJoinRequest } from '@poruch/identity/fold'
import type { Frame } from '@poruch/sync/wire'
import { authorOf, makePerson, setup, worldNowMs } from '@poruch/testkit/fixtures'
import type { Person, World } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import { describe, expect, test } from 'vitest'
import { openScene } from '../testing/scene.ts'
import type { Peer, Scene } from '../testing/scene.ts'

interface Stage extends Scene {
  readonly world: World
  readonly memory: ReturnType<typeof makeMemoryRelayLog>
  readonly keys: Awaited<ReturnType<typeof invitationKeys>>
  join(person: Person): Promise<Frame & { type: 'JOIN' }>
  enter(person: Person): Promise<Peer>
  /** An admin who follows the log. */
  admin(name?: string): Promise<Peer>
  /** Alice's Admit of a request, in a frame. */
  admission(request: Uint8Array<ArrayBuffer>): Promise<Frame>
}

async function stage(options: { maxUses?: number; expiresAtMs?: number; policy?: 'approval' | 'auto' } = {}): Promise<Stage> {
  const world = await setup('alice', 'bob')
  const { suite, random, scope } = world
  const secret = random.bytes(16)
  const keys = await invitationKeys(suite, secret)
  const terms = { role: roles.editor, expiresAtMs: worldNowMs + 60_000, maxUses: 2, policy: 'approval' as const, ...options }
  await world.propose('alice', draftCreateInvitation({ invitation: keys.id, ...terms }))
  const memory = makeMemoryRelayLog()
  await memory.appendScope(world.records.map((record, pos) => ({ scope, pos, record })))
  const scene = await openScene({ ...world, log: memory, sequencerKey: world.sequencer, nowMs: worldNowMs })
  return {
    ...scene,
    world,
    memory,
    keys,
    join: async ({ userId: user, identity }) => {
      const { device, userLog } = identity
      const request = await createJoinRequest({ suite, random, link: { scope, secret }, user, userLog, device, displayName: 'D' })
      return { type: 'JOIN', ref: 3, request }
    },
    enter: async (person) => scene.connect(person, { kind: 2, invitation: keys.sign }),
    admin: async (name = 'alice') => {
      const peer = await scene.connect(world.person(name))
      await peer.send({ type: 'LOGSUB', scope, nextPos: world.records.length, keyCursor: 0 })
      await peer.settled()
      return peer
    },
    admission: async (bytes) => {
      const judged = await verifyJoinRequest(suite, world.fold, { bytes, nowMs: worldNowMs })
      if (!judged.ok) throw new Error(judged.reason)
      const drafts = [draftAdmitRequest(judged.value)]
      const made = await proposeAll(suite, nextPlace(world.fold), { drafts, author: authorOf(world.person('alice')) })
      await world.order(made)
      return { type: 'PROPOSE', ref: 8, records: made.map(({ record }) => record) }
    },
  }
}

const person = async ({ world }: Stage, name: string) => makePerson(world.suite, world.random, name)

describe('joining', () => {
  test('[RE30] a request goes to the admins who are here and to those who come; admission is told, and the door opens', async () => {
    const scene = await stage()
    const dave = await person(scene, 'dave')
    const alice = await scene.admin()
    const asked = await scene.join(dave)
    const joiner = await scene.enter(dave)
    expect(await joiner.ask(asked, 'JOINSTATE')).toEqual({
      type: 'JOINSTATE',
      ref: 3,
      invitation: scene.keys.id,
      user: dave.userId,
      state: 1,
    })
    expect((await alice.next('JOINREQ')).request).toEqual(asked.request)
    const later = await scene.admin()
    expect((await later.next('JOINREQ')).request).toEqual(asked.request)
    await later.ask(await scene.admission(asked.request), 'ORDERED')
    expect(await joiner.next('JOINSTATE')).toMatchObject({ ref: 0, user: dave.userId, state: 2 })
    expect((await joiner.ask({ type: 'LOGSUB', scope: scene.world.scope, nextPos: 0, keyCursor: 0 }, 'ORDERED')).records.length).toBe(
      scene.world.records.length,
    )
    expect(typeof (await scene.tryConnect(dave))).toBe('object')
  })

  test('[RE31] the same request again is answered with its present state, also after a restart', async () => {
    const scene = await stage()
    const dave = await person(scene, 'dave')
    const joiner = await scene.enter(dave)
    const asked = await scene.join(dave)
    for (let time = 0; time < 2; time++) expect((await joiner.ask(asked, 'JOINSTATE')).state).toBe(1)
    const again = await openScene({ ...scene.world, log: scene.memory.crash(), sequencerKey: scene.world.sequencer, nowMs: worldNowMs })
    const back = await again.connect(dave, { kind: 2, invitation: scene.keys.sign })
    expect((await back.ask(asked, 'JOINSTATE')).state).toBe(1)
    const alice = await again.connect(scene.world.person('alice'))
    await alice.send({ type: 'LOGSUB', scope: scene.world.scope, nextPos: scene.world.records.length, keyCursor: 0 })
    await alice.next('JOINREQ')
    await alice.ask(await scene.admission(asked.request), 'ORDERED')
    expect((await back.ask(asked, 'JOINSTATE')).state).toBe(2)
  })

  test('[RE32] one link opened by two people is two requests; when its uses are spent, the rest is denied', async () => {
    const scene = await stage({ maxUses: 1 })
    const [dave, erin] = [await person(scene, 'dave'), await person(scene, 'erin')]
    const alice = await scene.admin()
    const [first, second] = [await scene.enter(dave), await scene.enter(erin)]
    const asked = await scene.join(dave)
    await first.ask(asked, 'JOINSTATE')
    await second.ask(await scene.join(erin), 'JOINSTATE')
    for (let count = 0; count < 2; count++) await alice.next('JOINREQ')
    await alice.ask(await scene.admission(asked.request), 'ORDERED')
    expect((await second.next('JOINSTATE')).state).toBe(3)
    expect(await scene.tryConnect(erin, { kind: 2, invitation: scene.keys.sign })).toBe('invitation-used')
  })

  test('[RE33] an admin denies, and the request does not come back; nobody else can', async () => {
    const scene = await stage()
    const dave = await person(scene, 'dave')
    const joiner = await scene.enter(dave)
    const asked = await scene.join(dave)
    await joiner.ask(asked, 'JOINSTATE')
    const denial: Frame = { type: 'JOINDENY', ref: 4, invitation: scene.keys.id, user: dave.userId }
    const bob = await scene.admin('bob')
    expect((await bob.ask(denial, 'REFUSE')).code).toBe('invitation-unknown')
    expect(bob.received.some((frame) => frame.type === 'JOINREQ')).toBe(false)
    const alice = await scene.admin()
    expect(await alice.ask(denial, 'JOINSTATE')).toMatchObject({ ref: 4, state: 3 })
    expect((await joiner.next('JOINSTATE')).state).toBe(3)
    expect((await joiner.ask(asked, 'JOINSTATE')).state).toBe(3)
    expect((await alice.ask(denial, 'REFUSE')).code).toBe('request-unknown')
  })

  test('[RE34] a request of another device, link or shape is refused; a joiner sees nothing else', async () => {
    const scene = await stage()
    const [dave, erin] = [await person(scene, 'dave'), await person(scene, 'erin')]
    const joiner = await scene.enter(dave)
    const alice = await scene.admin()
    const refused = async (frame: Frame) => (await joiner.ask(frame, 'REFUSE')).code
    expect(await refused(await scene.join(erin))).toBe('bad-request')
    expect(await refused({ type: 'JOIN', ref: 1, request: new Uint8Array([1, 2, 3]) })).toBe('bad-request')
    expect((await alice.ask(await scene.join(scene.world.person('alice')), 'REFUSE')).code).toBe('bad-request')
    expect(await refused({ type: 'LOGSUB', scope: scene.world.scope, nextPos: 0, keyCursor: 0 })).toBe('unknown-scope')
    const broken = await scene.join(dave)
    expect(
      await refused({ ...broken, request: broken.request.map((byte, index) => (index === broken.request.length - 1 ? byte ^ 1 : byte)) }),
    ).toBe('bad-signature')
  })

  test('[RE35] at most 64 requests of one link wait, and none for longer than 14 days', { timeout: 20_000 }, async () => {
    const fourteenDaysMs = 14 * 24 * 60 * 60_000
    const scene = await stage({ maxUses: 100, expiresAtMs: worldNowMs + 2 * fourteenDaysMs })
    const people = await Promise.all(Array.from({ length: 65 }, async (_, index) => person(scene, `p${index}`)))
    const ask = async (who: Person) => {
      const joiner = await scene.enter(who)
      const frame = await scene.join(who)
      await joiner.send(frame)
      await joiner.settled()
      return joiner.received.map((one) => (one.type === 'REFUSE' ? one.code : one.type)).find((code) => !code.startsWith('unknown'))
    }
    const answers: unknown[] = []
    for (const who of people) answers.push(await ask(who))
    expect(answers).toEqual([...Array.from({ length: 64 }, () => 'JOINSTATE'), 'too-many-requests'])
    scene.clock.advance(fourteenDaysMs)
    expect(await ask(people[64] as Person)).toBe('JOINSTATE')
    expect(await scene.memory.readSide('join', scene.keys.id, 0, 99)).toHaveLength(1)
  })

  test('[RE36] under `auto` every member hears of a request; revoking the link ends what waits', async () => {
    const scene = await stage({ policy: 'auto' })
    const dave = await person(scene, 'dave')
    const bob = await scene.admin('bob')
    const joiner = await scene.enter(dave)
    await joiner.ask(await scene.join(dave), 'JOINSTATE')
    await bob.next('JOINREQ')
    const alice = await scene.admin()
    const drafts = [draftRevokeInvitation(scene.keys.id)]
    const made = await proposeAll(scene.world.suite, nextPlace(scene.world.fold), { drafts, author: authorOf(scene.world.person('alice')) })
    await alice.ask({ type: 'PROPOSE', ref: 8, records: made.map(({ record }) => record) }, 'ORDERED')
    expect((await joiner.next('JOINSTATE')).state).toBe(3)
  })

  test('[RE14] an invitation that is over by this relay’s clock admits nobody', async () => {
    const scene = await stage()
    const dave = await person(scene, 'dave')
    const alice = await scene.admin()
    const asked = await scene.join(dave)
    const admit = await scene.admission(asked.request)
    scene.clock.advance(60_001)
    expect((await alice.ask(admit, 'REFUSE')).code).toBe('invitation-expired')
  })
})
