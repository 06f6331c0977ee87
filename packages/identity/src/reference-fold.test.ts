import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import {
  addDeviceOp,
  approve,
  approveSequencer,
  createEpoch,
  createJoinRequest,
  deviceIdOf,
  draftAddDoc,
  draftAdmit,
  draftAdmitLate,
  draftAdmitRequest,
  draftAnchor,
  draftCheckpoint,
  draftCreateInvitation,
  draftLeave,
  draftPinUser,
  draftRemove,
  draftRevokeInvitation,
  draftSetMinimum,
  draftSetRole,
  draftSetSequencer,
  extendUserLog,
  generateDeviceKeys,
  invitationKeys,
  nextPlace,
  propose,
  revokeDeviceOp,
  rotatePuk,
} from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { cutRootOf, decodeEntry, decodeJoinRequest, decodeRecord, topicIdOf } from '@poruch/identity/fold'
import type { CutRow, Role, UserLogState } from '@poruch/identity/fold'
import { makePerson, seededRandom, setupWith, worldNowMs } from '@poruch/testkit/fixtures'
import type { Person, World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { startAgain } from './testing/branching.ts'
import { closedIn, epochDueIn, mayFollow, minGenIn, minimumIn, roleIn, standsIn } from './reference-fold.ts'
import type { Act } from './reference-fold.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const names = ['alice', 'bob', 'carol', 'dave']
const kinds = [
  'admit',
  'join',
  'role',
  'owner',
  'remove',
  'leave',
  'epoch',
  'invite',
  'uninvite',
  'doc',
  'minimum',
  'late',
  'revoke',
  'anchor',
  'checkpoint',
  'sequencer',
  'puk',
] as const

/** One line of a random history: numbers that each kind reads in its own way. */
const line = fc.record({
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...kinds) },
    { weight: 1, arbitrary: fc.constantFrom('admit' as const, 'join' as const, 'invite' as const, 'anchor' as const) },
  ),
  by: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) }),
  to: fc.nat(3),
  role: fc.integer({ min: 1, max: 5 }),
  n: fc.nat(7),
  seqs: fc.array(fc.nat(6), { minLength: 4, maxLength: 4 }),
})
type Line = typeof line extends fc.Arbitrary<infer Value> ? Value : never

/** A person with a second device, which may be revoked. */
interface Player {
  readonly person: Person
  readonly laptop: SigningKey
  /** Own log with both devices, and the entry that revokes the first. */
  readonly state: UserLogState
  readonly log: readonly Bytes[]
}

interface Game {
  readonly suite: Suite
  readonly world: World
  readonly players: readonly Player[]
  readonly acts: Act[]
  readonly secrets: readonly Bytes[]
  readonly prefixes: readonly string[]
  readonly revoked: Map<number, UserLogState>
  readonly rotated: Map<number, UserLogState>
  /** Operations that were taken at least once. */
  readonly accepted: Set<string>
}

const random = seededRandom(17)

async function makePlayer(suite: Suite, name: string): Promise<Player> {
  const person = await makePerson(suite, random, name)
  const keys = await generateDeviceKeys(suite, random)
  const grown = await extendUserLog(suite, person.identity.state, {
    op: await addDeviceOp(suite, person.identity.state, keys),
    signer: person.identity.device,
  })
  return { person, laptop: keys.device, state: grown.state, log: [...person.identity.userLog, grown.bytes] }
}

async function start(): Promise<Game> {
  const suite = keyedHashSuite(random)
  const world = await setupWith({ suite, random }, 'founder')
  const players: Player[] = []
  for (const name of names) players.push(await makePlayer(suite, name))
  const secrets = [random.bytes(16), random.bytes(16), random.bytes(16)]
  return {
    suite,
    world,
    players,
    acts: [],
    secrets,
    prefixes: [world.channel, 'ab'.repeat(28)],
    revoked: new Map(),
    rotated: new Map(),
    accepted: new Set(),
  }
}

const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index % list.length]
  if (found === undefined) throw new Error('an empty list')
  return found
}

function envelopeId(topic: TopicId, device: DeviceId, seq: number): EnvelopeId {
  return (topic.slice(0, 8) + topic.slice(-8) + device.slice(0, 40) + String(seq).padStart(8, '0')) as EnvelopeId
}

/** Cuts over both devices of the person, in the channel's two topics; 0 names nothing. */
function rowsFor(game: Game, player: Player, seqs: readonly number[]): CutRow[] {
  const pairs = [0, 1].flatMap((n) =>
    [player.person.device, deviceIdOf(player.laptop)].map((device) => ({ topic: topicIdOf(game.world.channel, n), device })),
  )
  return pairs
    .map((pair, index) => ({ ...pair, seq: seqs[index] ?? 0, id: envelopeId(pair.topic, pair.device, seqs[index] ?? 0) }))
    .filter((row) => row.seq > 0)
}

interface Made {
  readonly draft: Draft
  readonly rows?: readonly CutRow[]
  readonly extra?: Partial<Act>
  /** The log of `to`, if the act is taken. */
  readonly state?: UserLogState
}

async function make(game: Game, { kind, to, role, n, seqs }: Line): Promise<Made | null> {
  const { suite, world, acts, secrets, prefixes } = game
  const target = at(game.players, to)
  const user = target.person.userId
  const rows = rowsFor(game, target, seqs)
  const known = acts.some((act) => act.op.kind === 'admit' && act.op.user === user)
  const entries = known ? [] : target.log
  const brings = known ? {} : { brings: [target.person.device, deviceIdOf(target.laptop)] }
  const { id: invitation } = await invitationKeys(suite, at(secrets, n))
  const prefix = at(prefixes, n)
  switch (kind) {
    case 'admit':
      return { draft: draftAdmit({ user, role: role as Role, entries }), extra: brings }
    case 'join': {
      const { device } = target.person.identity
      const bytes = await createJoinRequest({
        suite,
        random,
        link: { scope: world.scope, secret: at(secrets, n) },
        user,
        userLog: target.log,
        device,
        displayName: '',
      })
      if (game.revoked.has(to)) return null
      return { draft: draftAdmitRequest({ ...decodeJoinRequest(bytes), user, info: { role: role as Role } }, entries), extra: brings }
    }
    case 'role':
    case 'owner': {
      const next = (kind === 'owner' ? 5 : role) as Role
      const lowered = next < roleIn(acts, user)
      const approvers =
        n < 4 && (next === 5 || roleIn(acts, user) === 5)
          ? [at(game.players, n)].filter((player) => !game.revoked.has(game.players.indexOf(player)))
          : []
      const change = { scope: world.scope, ownerTerm: world.fold.ownerTerm(), user, role: next }
      const approvals = await Promise.all(approvers.map(async ({ person }) => approve(suite, person.identity.device, change)))
      return {
        draft: await draftSetRole(suite, { user, role: next, cuts: lowered ? rows : null, approvals }),
        rows: lowered ? rows : [],
        extra: { approvers: approvers.map(({ person }) => person.userId) },
      }
    }
    case 'remove':
      return { draft: await draftRemove(suite, user, rows), rows }
    case 'leave':
      return { draft: await draftLeave(suite, rows), rows }
    case 'epoch': {
      const gen = world.fold.epochs().length + (n === 7 ? 1 : 0)
      const readers = world.fold.members().map((member) => ({ user: member.user, userLogHead: member.userLogHead, pukGen: member.puk.gen }))
      return { draft: (await createEpoch({ suite, random, scope: world.scope, gen, readers, previousKey: random.bytes(32) })).draft }
    }
    case 'invite':
      return {
        draft: draftCreateInvitation({
          invitation,
          role: role as Role,
          expiresAtMs: worldNowMs + 1,
          maxUses: n % 3,
          policy: n % 2 === 0 ? 'auto' : 'approval',
        }),
      }
    case 'uninvite':
      return { draft: draftRevokeInvitation(invitation) }
    case 'doc':
      return { draft: draftAddDoc({ prefix, docKind: 1 + (n % 3), minWrite: role as Role, minReact: 1 }) }
    case 'minimum': {
      const [write, react] = [minimumIn(acts, topicIdOf(prefix, 0)) ?? 5, minimumIn(acts, topicIdOf(prefix, 1)) ?? 5]
      const minReact = (1 + (n % 5)) as Role
      const raised = role > write || minReact > react
      const all = game.players.flatMap((player) => rowsFor(game, player, seqs))
      return {
        draft: await draftSetMinimum(suite, { prefix, minWrite: role as Role, minReact, cuts: raised ? all : null }),
        rows: raised ? all : [],
      }
    }
    case 'late': {
      const device = n % 2 === 0 ? target.person.device : deviceIdOf(target.laptop)
      const topic = topicIdOf(prefix, n % 3)
      const seq = 1 + (seqs[0] ?? 0)
      return { draft: draftAdmitLate({ device, topic, seq, envelope: envelopeId(topic, device, seq) }) }
    }
    case 'anchor': {
      // Few different ones, so that several members stand for the same.
      const topic = topicIdOf(n === 0 ? prefix : world.channel, 0)
      const frontier = rowsFor(game, at(game.players, 1 + (to % 2)), [4, 4, 4, 4]).filter((row) => row.topic === topic)
      return { draft: await draftAnchor(suite, { topic, snapshot: new Uint8Array(32), frontier }), rows: frontier }
    }
    case 'checkpoint':
      return { draft: draftCheckpoint(await world.fold.stateRoot()) }
    case 'sequencer': {
      const at = world.fold.head()
      if (!at) return null
      const { publicKey } = await suite.generateSigningKey()
      const what = { term: 1 + (n === 0 ? 1 : 0), at: at.pos, sequencer: publicKey }
      const approvers = game.players.filter((_, index) => index >= n % 4 && !game.revoked.has(index)).map(({ person }) => person)
      if (n % 3 > 0) approvers.push(world.person('founder'))
      const signed = { ...what, scope: world.scope, atId: at.id }
      const approvals = await Promise.all(approvers.map(async ({ identity }) => approveSequencer(suite, identity.device, signed)))
      return { draft: draftSetSequencer({ ...what, approvals }), extra: { approvers: approvers.map(({ userId }) => userId) } }
    }
    case 'puk': {
      const from = stateOf(game, to)
      const { op } = await rotatePuk({ suite, random, state: from, previous: random.bytes(32) })
      const { state, bytes } = await extendUserLog(suite, from, { op, signer: target.laptop })
      return { draft: await draftPinUser(suite, { user, head: state.head, entries: [bytes] }), extra: { rotatesPuk: true }, state }
    }
    case 'revoke': {
      if (game.revoked.has(to)) return null
      const op = revokeDeviceOp(target.person.device, [{ scope: world.scope, cutRoot: await cutRootOf(suite, rows) }])
      const grown = await extendUserLog(suite, stateOf(game, to), { op, signer: target.laptop })
      game.revoked.set(to, grown.state)
      return {
        draft: await draftPinUser(suite, { user, head: grown.state.head, entries: [grown.bytes], cuts: rows }),
        rows,
        extra: { revokes: target.person.device },
      }
    }
  }
}

/** A player's own log as the scope has pinned it. */
function stateOf(game: Game, index: number): UserLogState {
  return game.revoked.get(index) ?? game.rotated.get(index) ?? at(game.players, index).state
}

async function play(game: Game, next: Line): Promise<void> {
  const author = at(game.players, next.by)
  const wasRevoked = game.revoked.has(next.to)
  const made = await make(game, next)
  if (!made) return
  // A person whose first device is revoked goes on with the second.
  const revokedState = game.revoked.get(next.by)
  const key = revokedState ? author.laptop : author.person.identity.device
  const { op } = made.draft
  const act: Act = { op, by: author.person.userId, device: deviceIdOf(key), rows: made.rows ?? [], ...made.extra }
  const userLogHead = (next.by === next.to && made.state ? made.state : stateOf(game, next.by)).head
  const proposal = await propose(game.suite, nextPlace(game.world.fold), { draft: made.draft, author: { device: key, userLogHead } })
  // The fixture keeps one sequencer: a take-over is judged and taken back.
  const tried = next.kind === 'sequencer' ? await game.world.fold.apply([proposal.record], { proposal: true }) : null
  if (tried?.ok) tried.value()
  const judged = tried ?? (await game.world.order([proposal]))
  expect([next.kind, judged.ok, judged.ok || judged.reason]).toEqual([next.kind, mayFollow(game.acts, act), judged.ok || judged.reason])
  if (judged.ok) game.accepted.add(made.state ? 'puk' : op.kind)
  if (judged.ok && made.state) (wasRevoked ? game.revoked : game.rotated).set(next.to, made.state)
  if (judged.ok && !tried) game.acts.push(act)
  else if (next.kind === 'revoke' && !wasRevoked) game.revoked.delete(next.to)
}

/** Puts the founding of the fixture before the acts, so that positions agree; then the first player becomes its owner. */
async function found(game: Game): Promise<void> {
  const founder = game.world.person('founder')
  const common = { by: founder.userId, device: founder.device, rows: [] }
  for (const record of game.world.records) {
    const { op } = decodeEntry(decodeRecord(record).entry)
    game.acts.push({ ...common, op, ...(op.kind === 'genesis' ? { brings: [founder.device] } : {}) })
  }
  const first = at(game.players, 0)
  const { userId, device } = first.person
  const push = async (draft: Draft, extra: Partial<Act>): Promise<void> => {
    await game.world.propose('founder', draft)
    game.acts.push({ ...common, op: draft.op, ...extra })
  }
  await push(draftAdmit({ user: userId, role: 4, entries: first.log }), { brings: [device, deviceIdOf(first.laptop)] })
  await push(await draftSetRole(game.suite, { user: userId, role: 5, cuts: null }), {})
}

function compare(game: Game): void {
  const { fold } = game.world
  const { acts } = game
  expect(fold.head()?.pos).toBe(acts.length - 1)
  expect(fold.epochDue()).toBe(epochDueIn(acts))
  for (const invitation of fold.invitations()) expect(invitation.closed).toBe(closedIn(acts, invitation.id))
  for (let pos = 0; pos < acts.length; pos++) {
    expect(fold.minGenAt(pos)).toBe(minGenIn(acts.slice(0, pos + 1)))
    for (const player of game.players) comparePlayer(game, player, pos)
  }
}

function comparePlayer({ world: { fold, channel }, acts }: Game, { person, laptop }: Player, pos: number): void {
  expect(fold.roleAt(person.userId, pos)).toBe(roleIn(acts.slice(0, pos + 1), person.userId))
  for (const n of [0, 1]) {
    const topic = topicIdOf(channel, n)
    expect(fold.topicRuleAt(topic, pos)?.minRole ?? null).toBe(minimumIn(acts.slice(0, pos + 1), topic))
    for (const device of [person.device, deviceIdOf(laptop)]) {
      if (fold.ownerOf(device) === null) continue
      for (const seq of [1, 3, 5]) {
        const place = { topic, device, seq, id: envelopeId(topic, device, seq), pos }
        const stands = fold.standing(place, (end, id) => end >= seq && id === envelopeId(topic, device, end)) === 'stands'
        expect([topic.slice(-1), pos, seq, stands]).toEqual([topic.slice(-1), pos, seq, standsIn(acts, place)])
      }
    }
  }
}

describe('the fold and the reference fold', () => {
  test('[ID45] [ID46] [ID58] [ID82] agree on every random history: who may do what, and what stands', async () => {
    const accepted = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 40, maxLength: 80 }), async (lines) => {
        const game = await start()
        await found(game)
        for (const next of lines) await play(game, next)
        compare(game)
        for (const { op } of game.acts) accepted.add(op.kind === 'admit' && op.invitation !== null ? 'join' : op.kind)
        for (const kind of game.accepted) accepted.add(kind)
        const copy = await game.world.copy()
        expect(copy.members()).toEqual(game.world.fold.members())
        expect(await copy.stateRoot()).toEqual(await game.world.fold.stateRoot())
        await startAgain(game.world)
      }),
      { numRuns: 40, seed: 6 },
    )
    // The histories are worth something: every operation was taken at least once.
    expect([...accepted].toSorted()).toEqual([
      'add-doc',
      'admit',
      'admit-late',
      'anchor',
      'checkpoint',
      'create-invitation',
      'epoch',
      'genesis',
      'join',
      'leave',
      'pin-user',
      'puk',
      'remove-member',
      'revoke-invitation',
      'set-minimum',
      'set-role',
      'set-sequencer',
    ])
  })
})
