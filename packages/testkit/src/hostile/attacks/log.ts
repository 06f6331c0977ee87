/** A membership log that says what nobody decided. */
import type { Bytes } from '@poruch/base'
import { encodeUtf8 } from '@poruch/base'
import { systemRandom } from '@poruch/crypto'
import {
  addDeviceOp,
  createIdentity,
  draftAdmit,
  draftCheckpoint,
  draftPinUser,
  draftRemove,
  draftSetRole,
  draftSetSequencer,
  generateDeviceKeys,
} from '@poruch/identity'
import {
  decodeCutList,
  decodeEntry,
  decodeRecord,
  encodeCutList,
  encodeRecord,
  encodeUserEntry,
  foldUserLog,
  roles,
  userEntryId,
} from '@poruch/identity/fold'
import type { Frame } from '@poruch/sync/wire'
import { delay, until } from '../../kill9/patience.ts'
import type { Attack } from '../attack.ts'
import { foldOf, forgeEntry, memberIn, orderedBy, orderForged } from '../forgery.ts'
import { recordsOf } from '../members.ts'
import { strangerSession } from '../stranger.ts'
import type { World } from '../world.ts'

export const logAttacks: readonly Attack[] = [
  {
    name: 'the relay admits itself as an owner',
    alarms: ['foreign-device'],
    run: async (world) => {
      const self = await createIdentity({ suite: world.suite, random: systemRandom })
      const draft = draftAdmit({ user: self.userId, role: roles.owner, entries: self.userLog })
      const head = await userEntryId(world.suite, self.userLog.at(-1) as Bytes)
      await orderForged(world, [await forgeEntry(world, { draft, device: self.device, userLogHead: head })])
    },
  },
  {
    name: 'the relay admits itself in the owner’s name',
    run: async (world) => {
      const self = await createIdentity({ suite: world.suite, random: systemRandom })
      const owner = memberIn(await foldOf(world, world.alice), world.alice)
      const draft = draftAdmit({ user: self.userId, role: roles.owner, entries: self.userLog })
      const false_ = { publicKey: (await world.alice.signingKey()).publicKey, handle: self.device.handle }
      await orderForged(world, [await forgeEntry(world, { draft, device: false_, userLogHead: owner.userLogHead })])
    },
  },
  {
    name: 'add a device to a member (attack 28)',
    alarms: ['foreign-device'],
    run: addDevice,
  },
  {
    name: 'countersign an entry of a removed member',
    alarms: ['forged-log'],
    run: async (world) => {
      const { dave, carol, suite } = world
      const self = memberIn(await foldOf(world, dave), dave)
      const drafts = [
        await draftSetRole(suite, { user: dave.user, role: roles.owner, cuts: null }),
        await draftRemove(suite, carol.user, []),
        draftCheckpoint(systemRandom.bytes(32)),
      ]
      for (const draft of drafts) {
        await orderForged(world, [await forgeEntry(world, { draft, device: await dave.signingKey(), userLogHead: self.userLogHead })])
      }
    },
  },
  {
    name: 'countersign an entry beyond its author’s role',
    run: async (world) => {
      const { bob, carol, suite } = world
      // Bob's machine is in the relay's hands for a moment: it holds an entry that he may not make.
      const self = memberIn(await foldOf(world, bob), bob)
      const draft = await draftRemove(suite, carol.user, [])
      await orderForged(world, [await forgeEntry(world, { draft, device: await bob.signingKey(), userLogHead: self.userLogHead })])
    },
  },
  {
    name: 'take over with another key and no owner',
    run: async (world) => {
      const { dave, suite } = world
      const fold = await foldOf(world, world.alice)
      const at = fold.head()?.pos ?? 0
      const draft = draftSetSequencer({ term: fold.term() + 1, at, sequencer: (await suite.generateSigningKey()).publicKey, approvals: [] })
      const self = memberIn(await foldOf(world, dave), dave)
      await orderForged(world, [await forgeEntry(world, { draft, device: await dave.signingKey(), userLogHead: self.userLogHead })])
    },
  },
  {
    name: 'serve a removed member by a session of their own',
    isFinal: true,
    run: letTheRemovedIn,
  },
  {
    name: 'edit the cut list of a removal',
    isFinal: true,
    run: editCuts,
  },
  {
    name: 'refuse a removal',
    isFinal: true,
    run: refuseRemoval,
  },
  {
    name: 'sign two entries for one position, and show each to some',
    isFinal: true,
    isForked: true,
    alarms: ['sequencer-fraud'],
    run: forkTheLog,
  },
]

async function addDevice(world: World): Promise<void> {
  const { alice, dave, suite } = world
  const fold = await foldOf(world, alice)
  const owner = memberIn(fold, alice)
  const account = JSON.parse(new TextDecoder().decode((await alice.store.getRecord('account', 'self')) ?? encodeUtf8('{}'))) as {
    userLog: string[]
  }
  const judged = await foldUserLog(
    suite,
    account.userLog.map((hex) => new Uint8Array(Buffer.from(hex, 'hex'))),
  )
  if (!judged.ok) throw new Error(judged.reason)
  const { state } = judged.value
  const keys = await generateDeviceKeys(suite, systemRandom)
  const op = await addDeviceOp(suite, state, keys)
  const thief = await dave.signingKey()
  // Once signed by the thief in the open, once under the owner's own name.
  for (const signer of [thief.publicKey, (await alice.signingKey()).publicKey]) {
    const entry = encodeUserEntry({ seq: state.seq + 1, prev: state.head, op, signer, sig: systemRandom.bytes(64) })
    const pin = await draftPinUser(suite, { user: alice.user, head: await userEntryId(suite, entry), entries: [entry] })
    const self = memberIn(await foldOf(world, dave), dave)
    await orderForged(world, [await forgeEntry(world, { draft: pin, device: thief, userLogHead: self.userLogHead })])
    await orderForged(world, [await forgeEntry(world, { draft: pin, device: keys.device, userLogHead: owner.userLogHead })])
  }
}

/** A relay that checks gives no session; one that does not orders what the removed member asks for, and shows it to all. */
async function letTheRemovedIn(world: World): Promise<void> {
  const { dave, honest, suite, checks } = world
  const session = await strangerSession(world, dave)
  if (checks === 'on') {
    if (session) throw new Error('the relay with its checks on has let a removed member in')
    return
  }
  if (!session) throw new Error('the relay with its checks off has let nobody in')
  const before = honest.map((member) => member.heard('log-refused'))
  const self = memberIn(await foldOf(world, dave), dave)
  const draft = await draftSetRole(suite, { user: dave.user, role: roles.owner, cuts: null })
  const record = await forgeEntry(world, { draft, device: await dave.signingKey(), userLogHead: self.userLogHead })
  const { entry, cutList } = decodeRecord(record)
  session.send({ type: 'PROPOSE', ref: 1, records: [encodeRecord({ entry, cutList, countersignature: new Uint8Array(0) })] })
  await until('all have refused what the relay ordered', () =>
    honest.every((member, at) => member.heard('log-refused') > (before[at] ?? 0)),
  )
  session.close()
}

/** Carol is removed; what Bob gets of it names other ends of her chains, or none. */
async function editCuts(world: World): Promise<void> {
  const { alice, bob, carol } = world
  let edits = 0
  world.proxy.setTricks({
    down: (frame, to) => {
      if (frame.type !== 'ORDERED' || to.device !== bob.id) return [frame]
      const records = frame.records.map((bytes) => {
        const record = decodeRecord(bytes)
        if (decodeEntry(record.entry).op.kind !== 'remove-member' || record.cutList.length === 0) return bytes
        edits++
        const rows = decodeCutList(record.cutList)
        const edited = edits % 2 === 0 ? [] : rows.slice(1)
        return encodeRecord({ ...record, cutList: encodeCutList(edited) })
      })
      return [{ ...frame, records }]
    },
  })
  const before = bob.heard('log-refused')
  await alice.replica.removeMember(carol.user)
  world.part(carol)
  await until('Bob has refused the edited list', () => edits > 0 && bob.heard('log-refused') > before)
}

/** It never answers. The removal is not made, its maker is told so, and once the relay gives in it stands. */
async function refuseRemoval(world: World): Promise<void> {
  const { alice, carol, clock } = world
  const isRemoval = (frame: Frame): boolean =>
    frame.type === 'PROPOSE' && frame.records.some((bytes) => decodeEntry(decodeRecord(bytes).entry).op.kind === 'remove-member')
  let refused = 0
  world.proxy.setTricks({ up: (frame) => (isRemoval(frame) ? (refused++, []) : [frame]) })
  const removal = alice.replica.removeMember(carol.user).then(
    () => 'done',
    () => 'failed',
  )
  await until('the relay was asked', () => refused > 0)
  if (alice.replica.connection.read().waitingChanges !== 1) throw new Error('Alice is not told that the removal waits')
  clock.jump(30_000)
  if ((await removal) !== 'failed') throw new Error('a removal that nobody ordered counts as done')
  world.proxy.setTricks({})
  for (const member of world.honest) member.retry()
  await until('Alice has a session', () => alice.sessions() > 0)
  await alice.replica.removeMember(carol.user)
  world.part(carol)
}

/** Bob's entry is ordered for Bob, the owner's for the others, both at one position. */
async function forkTheLog(world: World): Promise<void> {
  const { alice, bob, proxy, scope } = world
  const proposals: Bytes[] = []
  proxy.setTricks({
    up: (frame, from) => {
      if (frame.type !== 'PROPOSE' || from !== bob.id) return [frame]
      proposals.push(...frame.records)
      return []
    },
    down: (frame, to) => (to.device === bob.id && frame.type === 'ORDERED' ? [] : [frame]),
  })
  const made = bob.replica.createChannel('Bob’s own')
  made.catch(() => undefined)
  await until('Bob has proposed', () => proposals.length > 0)
  await alice.replica.createChannel('Alice’s own')
  const records = await Promise.all(proposals.map(async (record) => orderedBy(world, record)))
  proxy.lineOf(bob.id).toDevice({ type: 'ORDERED', scope, records })
  await made
  if ((await recordsOf(bob)).length !== (await recordsOf(alice)).length) throw new Error('the views do not differ at one position')
  world.setDirect(true)
  await delay(0)
}
