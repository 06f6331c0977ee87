import { compareBytes, concatBytes, makeByteWriter } from '@poruch/base'
import type { Bytes, EntryId, ScopeId, UserId } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import { merkleRoot } from '@poruch/crypto/verify'
import { draftAddDoc, draftCheckpoint, newPrefix, nextPlace, proposeAll } from '@poruch/identity'
import { countersign, decodeEntry, decodeRecord, docKinds, encodeRecord, entryIdOf, makeScopeFold, roles } from '@poruch/identity/fold'
import { ownerProofIn } from '@poruch/identity/start'
import type { RecordBytes, ScopeFold } from '@poruch/identity/fold'
import type { Frame } from '@poruch/sync/wire'
import { authorOf, seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { makeMemoryDisk } from '@poruch/testkit/memory'
import { describe, expect, test } from 'vitest'
import { loadAccount } from './account.ts'
import { collections, positionKey } from './records.ts'
import { admitWhenAsked, channelOf, connected, finished, invite, openTeam, say } from './testing/scene.ts'
import type { Device, Tab, Team } from './testing/scene.ts'
import { openWorkspaceLog } from './workspace-log.ts'

const checkpointEntries = 8

async function kindsAt({ scene }: Team): Promise<string[]> {
  const [scope = ''] = await scene.relay.log.scopes()
  const rows = await scene.relay.log.readScope(scope as never, 0, 999)
  return rows.map(({ record }) => decodeEntry(decodeRecord(record).entry).op.kind)
}

/** A team whose log has a checkpoint, and some entries after it. */
async function openLongTeam(): Promise<Team & { readonly alice: Tab; readonly bob: Tab }> {
  const team = await openTeam(['Alice', 'Bob'], { checkpointEntries })
  const [alice, bob] = team.tabs as [Tab, Tab]
  for (let each = 0; each < checkpointEntries; each++) await finished(team.scene, alice.replica.createChannel(`channel ${each}`))
  await team.scene.pass(30_000)
  await finished(team.scene, alice.replica.createChannel('last'))
  return { ...team, alice, bob }
}

/** Carol's way in; `see` hears the frames that come to her device, and may change what she gets. */
async function newcomer(
  { scene, alice }: Team & { alice: Tab },
  see: Device['wire'] = () => true,
): Promise<{ carol: Device; tab: Tab; seen: Frame[] }> {
  const carol = scene.device('Carol')
  const seen: Frame[] = []
  carol.wire = (way, frame, answer) => {
    if (way === 'down') seen.push(frame)
    return see(way, frame, answer)
  }
  const tab = await carol.open()
  tab.online()
  await tab.replica.requestJoin({ link: await invite(scene, alice), displayName: 'Carol' })
  await admitWhenAsked(scene, alice)
  await scene.until('Carol reads the list', () => tab.replica.workspace.read()?.members.length === 3 && channelOf(tab) !== null)
  return { carol, tab, seen }
}

function positionsIn(frames: readonly Frame[]): number[] {
  return frames.flatMap((frame) =>
    frame.type === 'ORDERED' ? frame.records.map((record) => decodeEntry(decodeRecord(record).entry).pos) : [],
  )
}

async function storedFrom(device: Device): Promise<readonly string[]> {
  const store = device.disk.open()
  return (await store.listRecords(collections.log)).map(({ key }) => key)
}

describe('checkpoints', () => {
  test('[RP360] are written by an owner’s device, one for as many entries', async () => {
    const team = await openLongTeam()
    const kinds = await kindsAt(team)
    expect(kinds.filter((kind) => kind === 'checkpoint').length).toBeLessThanOrEqual(Math.floor(kinds.length / checkpointEntries))
    expect(kinds).toContain('checkpoint')
    await team.alice.close()
    const before = (await kindsAt(team)).filter((kind) => kind === 'checkpoint').length
    for (let each = 0; each < checkpointEntries; each++) {
      await finished(team.scene, team.bob.replica.createChannel(`of Bob ${each}`))
      await team.scene.pass(60_000)
    }
    expect((await kindsAt(team)).filter((kind) => kind === 'checkpoint')).toHaveLength(before)
  })

  test('[RP361] let a newcomer begin there, and read the whole log afterwards', async () => {
    const team = await openLongTeam()
    const { scene, alice, channel } = team
    await say(scene, alice, channel, ['before'])
    const { carol, tab, seen } = await newcomer(team)
    const start = seen.find((frame) => frame.type === 'START')
    const first = Math.min(...positionsIn(seen))
    expect(start?.type === 'START' && start.pos).toBe(first - 1)
    expect(first).toBeGreaterThan(checkpointEntries)
    await scene.until('Carol reads what was written before', () => tab.texts(channel).includes('before'))
    await say(scene, tab, channel, ['from Carol'])
    await scene.until('Alice reads', () => alice.texts(channel).includes('from Carol'))
    await scene.pass(10_000)
    expect(Math.min(...positionsIn(seen))).toBe(0)
    expect(await storedFrom(carol)).toEqual((await kindsAt(team)).map((_, pos) => positionKey(pos)))
    await tab.close()
    const again = await carol.open()
    again.online()
    await say(scene, again, channel, ['again'])
    await scene.until('Alice reads', () => alice.texts(channel).includes('again'))
    expect(again.replica.alarms.read()).toEqual([])
  })

  test('[RP361] let it go on over a restart before the log was whole', async () => {
    const team = await openLongTeam()
    const { scene, alice, channel } = team
    const { carol, tab } = await newcomer(team)
    expect((await storedFrom(carol))[0]).not.toBe(positionKey(0))
    await tab.close()
    const again = await carol.open()
    expect(again.workspace().members).toHaveLength(3)
    again.online()
    await say(scene, alice, channel, ['after the restart'])
    await scene.until('Carol reads', () => again.texts(channel).includes('after the restart'))
    await scene.pass(10_000)
    expect((await storedFrom(carol))[0]).toBe(positionKey(0))
  })

  test.each(['refused', 'of other bytes', 'another one for each piece'])('[RP362] that are %s cost the whole log', async (how) => {
    const team = await openLongTeam()
    const { carol, tab, seen } = await newcomer(team, (way, frame, answer) => {
      if (way !== 'down' || frame.type !== 'START') return true
      const { piece, ref } = frame
      if (how === 'refused') answer({ type: 'REFUSE', ref, code: 'no-checkpoint', detail: '' })
      if (how === 'of other bytes') answer({ ...frame, piece: piece.with(piece.length >> 1, (piece[piece.length >> 1] ?? 0) ^ 1) })
      if (how === 'another one for each piece') answer({ ...frame, pos: frame.pos + frame.offset, piece: piece.slice(0, 100) })
      return 'lost'
    })
    expect(Math.min(...positionsIn(seen))).toBe(0)
    expect((await storedFrom(carol))[0]).toBe(positionKey(0))
    expect(tab.replica.alarms.read()).toEqual([])
  })

  test('[RP362] without the log before them are named', async () => {
    const team = await openLongTeam()
    const { scene } = team
    let isHonest = false
    const { tab } = await newcomer(team, (way, frame) =>
      way === 'down' && frame.type === 'ORDERED' && positionsIn([frame])[0] === 0 && !isHonest ? 'lost' : true,
    )
    await scene.pass(60_000)
    expect(tab.replica.alarms.read()).toMatchObject([{ code: 'withheld', scope: tab.workspace().scope }])
    isHonest = true
    await scene.pass(60_000)
    expect(tab.replica.alarms.read()).toEqual([])
  })
})

/** Whose word a false checkpoint is, and who orders it. */
interface Liars {
  readonly suite: Suite
  readonly scope: ScopeId
  readonly records: readonly RecordBytes[]
  readonly author: Parameters<typeof proposeAll>[2]['author']
  readonly sequencer: SigningKey
}

function liarsOf({ suite, scope, records, sequencer, person }: World): Liars {
  return { suite, scope, records, author: authorOf(person('olga')), sequencer }
}

async function foldOf({ suite, scope, records }: Pick<Liars, 'suite' | 'scope' | 'records'>): Promise<ScopeFold> {
  const fold = makeScopeFold({ suite, scope })
  if (!(await fold.apply(records)).ok) throw new Error('no log')
  return fold
}

/** The last document is said to be open to viewers, or to be another one: the owner's word for what the log never came to. */
async function falseStart(liars: Liars, lieAbout: 'minimum' | 'prefix' = 'minimum'): Promise<{ start: Bytes; checkpoint: RecordBytes }> {
  const { suite, scope, sequencer, author, records } = liars
  const rows = await honestRows(liars)
  // Behind the prefix stands the kind of the document.
  const at = rows.findLastIndex((row) => row[0] === 0x86 && row[1] === 5 && row[32] === docKinds.channel)
  const truth = rows[at] ?? new Uint8Array()
  const lie = lieAbout === 'minimum' ? truth.with(-1, 3) : truth.with(10, (truth[10] ?? 0) ^ 1)
  const lies = rows.with(at, lie as Bytes).toSorted(compareBytes)
  const draft = draftCheckpoint(await merkleRoot(suite, lies))
  const fold = await foldOf(liars)
  const place = nextPlace(fold)
  const [proposal] = await proposeAll(suite, place, { drafts: [draft], author })
  if (!proposal) throw new Error('no proposal')
  const order = { scope, pos: place.pos, id: proposal.id, prev: place.prev }
  const countersignature = await countersign(suite, sequencer, order)
  const checkpoint = encodeRecord({ entry: proposal.entry, countersignature, cutList: proposal.cutList })
  const proof = ownerProofIn(fold, records) ?? []
  const writer = makeByteWriter().u8(1).u16(proof.length)
  for (const record of proof) writer.bytes32(record)
  writer.bytes32(checkpoint)
  for (const row of lies) writer.bytes32(row)
  return { start: writer.done(), checkpoint }
}

/** Those of a checkpoint that another copy of the log takes. */
async function honestRows(liars: Liars): Promise<Bytes[]> {
  const copy = await foldOf(liars)
  const { suite, author } = liars
  const [proposal] = await proposeAll(suite, nextPlace(copy), { drafts: [draftCheckpoint(await copy.stateRoot())], author })
  if (!proposal || !(await copy.apply([proposal.record], { proposal: true })).ok) throw new Error('refused')
  const { state } = (await copy.exportState()) ?? { state: new Uint8Array() }
  const rows: Bytes[] = []
  for (let at = 0; at < state.length;) {
    const size = new DataView(state.buffer, state.byteOffset).getUint32(at)
    rows.push(state.slice(at + 4, at + 4 + size))
    at += 4 + size
  }
  return rows
}

async function worldOf(): Promise<World> {
  const random = seededRandom(343)
  const world = await setupWith({ suite: keyedHashSuite(random), random }, 'olga', 'ann')
  await world.propose(
    'olga',
    draftAddDoc({ prefix: newPrefix(random), docKind: docKinds.channel, minWrite: roles.editor, minReact: roles.viewer }),
  )
  return world
}

describe('a false checkpoint', () => {
  test('[RP363] is refused by who has read the log, and its author named', async () => {
    const world = await worldOf()
    const { checkpoint } = await falseStart(liarsOf(world))
    const log = await openWorkspaceLog({ suite: world.suite, store: makeMemoryDisk().open(), scope: world.scope })
    await log.receive(0, world.records)
    expect(await log.receive(world.records.length, [checkpoint])).toEqual({ fault: 'bad-state', by: world.person('olga').userId })
    expect(log.nextPos()).toBe(world.records.length)
  })

  test('[RP363] is found out by the newcomer who believed it', async () => {
    const world = await worldOf()
    const { suite, scope, records } = world
    const { start, checkpoint } = await falseStart(liarsOf(world))
    const disk = makeMemoryDisk()
    const store = disk.open()
    await store.putRecords([
      { collection: collections.log, key: positionKey(records.length), value: checkpoint },
      { collection: collections.logStart, key: 'start', value: start },
    ])
    const log = await openWorkspaceLog({ suite, store, scope })
    expect(log.fold.head()?.pos).toBe(records.length)
    expect(log.missingFrom()).toBe(0)
    let told = 0
    log.onFalseStart(() => told++)
    expect(await log.receive(0, records.slice(0, 3))).toEqual({ added: 0 })
    expect(log.missingFrom()).toBe(3)
    const { userId } = world.person('olga')
    expect(await log.receive(3, records.slice(3))).toEqual({ fault: 'bad-state', by: userId satisfies UserId })
    expect(told).toBe(1)
    const again = await openWorkspaceLog({ suite, store: disk.open(), scope })
    expect(again.missingFrom()).toBeNull()
    expect(again.fold.head()).toEqual(world.fold.head())
  })

  test('[RP363] is not what another log before it makes of a good one', async () => {
    const world = await worldOf()
    const { suite, scope } = world
    const before = [...world.records]
    const copy = await world.copy()
    await world.propose('olga', draftCheckpoint(await world.fold.stateRoot()))
    const store = makeMemoryDisk().open()
    const exported = await world.fold.exportState()
    const proof = ownerProofIn(world.fold, before) ?? []
    const start = concatBytes(
      makeByteWriter().u8(1).u16(proof.length).done(),
      ...proof.map((record) => makeByteWriter().bytes32(record).done()),
      makeByteWriter()
        .bytes32(world.records.at(-1) ?? new Uint8Array())
        .done(),
      exported?.state ?? new Uint8Array(),
    )
    await store.putRecords([
      { collection: collections.log, key: positionKey(before.length), value: world.records.at(-1) ?? null },
      { collection: collections.logStart, key: 'start', value: start },
    ])
    const log = await openWorkspaceLog({ suite, store, scope })
    let told = 0
    log.onFalseStart(() => told++)
    // The last entry before it is another one, under the sequencer's name.
    const place = { scope, pos: before.length - 1, prev: copy.entryIdAt(before.length - 2) }
    const draft = draftAddDoc({
      prefix: newPrefix(world.random),
      docKind: docKinds.channel,
      minWrite: roles.editor,
      minReact: roles.viewer,
    })
    const [other] = await proposeAll(suite, place, { drafts: [draft], author: authorOf(world.person('olga')) })
    if (!other) throw new Error('no proposal')
    const countersignature = await countersign(suite, world.sequencer, { ...place, id: other.id })
    const forged = encodeRecord({ entry: other.entry, countersignature, cutList: other.cutList })
    expect(await log.receive(0, [...before.slice(0, -1), forged])).toEqual({ fault: 'forked-log' })
    expect(told).toBe(0)
    expect(await log.receive(0, before)).toEqual({ added: before.length })
    expect(log.missingFrom()).toBeNull()
  })
})

describe('a newcomer who began at a false checkpoint, from the owner and the relay together', () => {
  /** Carol has begun there. Until `isHonest` the relay shows her nothing but that, and the log before it. */
  async function deceived() {
    const team = await openLongTeam()
    const { scene, alice, devices } = team
    const [alices] = devices
    const state = { isHonest: false, keepsBeginning: true }
    let end: { readonly pos: number; readonly id: EntryId } | null = null
    const lieTo = async (answer: (frame: Frame) => void, ref: number): Promise<void> => {
      const account =
        alices &&
        (await loadAccount({
          store: alices.disk.open(),
          suite: scene.suite,
          olderKeys: { get: async () => Promise.resolve(null) } as never,
        }))
      const [scope] = (await scene.relay.log.scopes()) as [ScopeId]
      const records = (await scene.relay.log.readScope(scope, 0, 999)).map(({ record }) => record)
      const userLogHead = (await foldOf({ suite: scene.suite, scope, records })).member(account?.user as UserId)?.userLogHead
      const author = { device: account?.signingKey as SigningKey, userLogHead: userLogHead as never }
      const liars: Liars = { suite: scene.suite, scope, records, author, sequencer: scene.relay.sequencerKey }
      const { start, checkpoint } = await falseStart(liars, 'prefix')
      end = { pos: records.length, id: await entryIdOf(scene.suite, decodeRecord(checkpoint).entry) }
      answer({ type: 'START', ref, scope, pos: records.length, size: start.length, offset: 0, piece: start })
    }
    const wire: Device['wire'] = (way, frame, answer) => {
      if (state.isHonest) return true
      if (way === 'up' && frame.type === 'STARTWANT') {
        void lieTo(answer, frame.ref)
        return 'lost'
      }
      if (way !== 'down' || !end) return true
      if (frame.type === 'LOGAT') {
        if (frame.id !== end.id) answer({ ...frame, ...end })
        return frame.id === end.id ? true : 'lost'
      }
      return frame.type !== 'ORDERED' || (!state.keepsBeginning && (positionsIn([frame])[0] ?? 0) < end.pos) ? true : 'lost'
    }
    const { carol, tab } = await newcomer(team, wire)
    const prefixes = (of: Tab): string[] => of.workspace().conversations.flatMap(({ id }) => (id.kind === 'channel' ? [id.prefix] : []))
    const real = new Set(prefixes(alice))
    const showsLie = (of: Tab): boolean => prefixes(of).some((prefix) => !real.has(prefix))
    expect(showsLie(tab)).toBe(true)
    const goesOn = async (of: Tab): Promise<void> => {
      await connected(scene, of)
      await scene.until('Carol has the true log', () => !showsLie(of) && prefixes(of).length === real.size)
      await say(scene, of, team.channel, ['from Carol'])
      await scene.until('Alice reads', () => alice.texts(team.channel).includes('from Carol'))
      expect(of.replica.alarms.read().filter(({ code }) => code === 'forged-log')).toHaveLength(1)
      expect(of.replica.alarms.read().map(({ code }) => code)).not.toContain('sequencer-fraud')
    }
    return { ...team, carol, tab, state, showsLie, goesOn }
  }

  test('[RP364] finds out after a restart that came before the beginning was read, and goes on without it', async () => {
    const { scene, carol, tab, state, showsLie, goesOn } = await deceived()
    await tab.close()
    const again = await carol.open()
    again.online()
    state.keepsBeginning = false
    await scene.until('she is told', () => again.replica.alarms.read().some(({ code }) => code === 'forged-log'))
    state.isHonest = true
    expect(showsLie(again)).toBe(false)
    await goesOn(again)
  })

  test('[RP364] shows nothing of it after a restart that came when it was found out, and goes on', async () => {
    const { scene, carol, tab, state, showsLie, goesOn } = await deceived()
    // A screen has shown it, and would show it first.
    await tab.close()
    carol.whenShown = async () => Promise.resolve()
    const shown = await carol.open()
    shown.online()
    await scene.pass(10_000)
    expect(showsLie(shown)).toBe(true)
    state.keepsBeginning = false
    await scene.until('she is told', () => shown.replica.alarms.read().some(({ code }) => code === 'forged-log'))
    shown.kill()
    state.isHonest = true
    let release = (): void => {}
    carol.whenShown = async () => new Promise((resolve) => (release = resolve))
    const again = await carol.open()
    const early = again.replica.workspace.read()
    expect(early === null || !showsLie(again)).toBe(true)
    release()
    await again.replica.opened
    again.online()
    await goesOn(again)
  })
})
