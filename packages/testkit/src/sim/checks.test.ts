/** The judge is judged: what is planted into an end that is in order is named, and nothing else. */
import type { DeviceId, EnvelopeId, EpochId, TopicId, UserId } from '@poruch/base'
import { expect, test } from 'vitest'
import { makeMemoryRelayLog } from '../memory/relay-log.ts'
import type { AuditedEnvelope } from './audit.ts'
import { checkAlarms, checkConverged, checkKept, checkRelayKept, checkRights, checkSealed } from './checks.ts'
import { makeLedger } from './ledger.ts'
import type { Sent } from './ledger.ts'
import type { RelayPromises } from './relay-promises.ts'
import type { Shown, Snapshot } from './snapshot.ts'

const prefix = 'c1'.repeat(28)
const topic = `${prefix}00000000` as TopicId
const alice = 'a1'.repeat(32) as UserId
const bob = 'b1'.repeat(32) as UserId
const device = 'd1'.repeat(32) as DeviceId

function shown(...texts: readonly string[]): readonly Shown[] {
  return texts.map((text) => ({ id: text, author: alice, text }))
}

function snapshot(name: string, change: Partial<Snapshot> = {}): Snapshot {
  return {
    name,
    user: name === 'Alice' ? alice : bob,
    logHead: '3 ff',
    directory: ['Company'],
    conversations: new Map([[prefix, shown('m1', 'm2')]]),
    late: [],
    alarms: [],
    unrest: [],
    ...change,
  }
}

test('[SI10] what is the same everywhere is converged', () => {
  expect(checkConverged([snapshot('Alice'), snapshot('Bob')])).toEqual([])
})

test.each<[string, Partial<Snapshot>]>([
  ['another order', { conversations: new Map([[prefix, shown('m2', 'm1')]]) }],
  ['one message more', { conversations: new Map([[prefix, shown('m1', 'm2', 'm3')]]) }],
  ['another log', { logHead: '4 ff' }],
  ['another directory', { directory: ['Other'] }],
  ['a device that is not at rest', { unrest: ['the relay is offline'] }],
])('[SI10] a planted divergence is named: %s', (_, change) => {
  expect(checkConverged([snapshot('Alice'), snapshot('Bob', change)])).toHaveLength(1)
})

function sent(text: string, state: Sent['state']): Sent {
  return { text, author: 'Alice', conversation: { kind: 'channel', prefix }, seen: [], state }
}

test('[SI11] a message that was kept and is missing, or is there twice, is named', () => {
  const users = new Map([['Alice', alice]])
  const snapshots = [snapshot('Bob', { conversations: new Map([[prefix, shown('m1', 'm2', 'm2')]]) })]
  expect(checkKept({ snapshots, users, sent: [sent('m1', 'kept')] })).toEqual([])
  expect(checkKept({ snapshots, users, sent: [sent('m2', 'open')] })).toEqual(['Bob reads m2 2 times'])
  expect(checkKept({ snapshots, users, sent: [sent('m3', 'kept')] })).toHaveLength(1)
  // A crash came before the answer, or the author was removed: nothing was promised.
  expect(checkKept({ snapshots, users, sent: [sent('m3', 'open')] })).toEqual([])
  expect(checkKept({ snapshots, users: new Map(), sent: [sent('m3', 'kept')] })).toEqual([])
})

test('[SI23] somebody who cannot write when all is over is named', () => {
  const snapshots = [snapshot('Alice'), snapshot('Bob')]
  const users = new Map([['Alice', alice]])
  for (const state of ['open', 'refused'] as const)
    expect(checkKept({ snapshots, users, sent: [{ ...sent('m9', state), isLast: true }] })).toEqual([
      `Alice cannot write when all is over: m9 is ${state}`,
    ])
  expect(checkKept({ snapshots, users, sent: [{ ...sent('m1', 'kept'), isLast: true }] })).toEqual([])
})

function promises(change: Partial<RelayPromises> = {}): RelayPromises {
  return { envelopes: [], entries: [], appendedAtMs: new Map(), orderedAtMs: new Map(), ...change }
}

test('[SI12] an acknowledged envelope and an ordered entry that the relay lacks are named', async () => {
  const log = makeMemoryRelayLog()
  const envelopes = [{ topic, bytes: '00'.repeat(65) }]
  const entries = [{ scope: 's', pos: 0, bytes: '01' }]
  expect(await checkRelayKept(log, promises({ envelopes }))).toHaveLength(1)
  expect(await checkRelayKept(log, promises({ entries }))).toHaveLength(1)
  await log.append({ topic, device, deviceSeq: 1, id: 'e1' as EnvelopeId, bytes: new Uint8Array(65) })
  await log.appendScope([{ scope: 's', pos: 0, record: Uint8Array.of(1) }])
  expect(await checkRelayKept(log, promises({ envelopes, entries }))).toEqual([])
})

function envelope(change: Partial<AuditedEnvelope> = {}): AuditedEnvelope {
  return {
    topic,
    device,
    user: alice,
    seq: 1,
    id: 'e1' as EnvelopeId,
    pos: 3,
    epoch: 'f1'.repeat(32) as EpochId,
    texts: ['m1', 'm2'],
    authentic: true,
    stands: true,
    rightful: true,
    direct: false,
    isErased: false,
    where: new Set(['Alice', 'Bob', 'relay']),
    ...change,
  }
}

function judged(
  envelopes: readonly AuditedEnvelope[],
  change: Partial<RelayPromises> = {},
  snapshots = [snapshot('Alice'), snapshot('Bob')],
  { erased = new Map<string, boolean>(), unlawful = [] as number[] } = {},
) {
  const rights = {
    topics: [topic],
    roleAt: () => 3,
    minimumOf: () => 3,
    unlawful,
    stands: () => true,
    partedAt: () => 5,
    revokedAt: () => null,
  }
  const audit = { envelopes, rights, directs: new Map(), records: [], scope: '' as never, fold: null as never, opened: new Map() }
  const present = new Map([
    ['Alice', alice],
    ['Bob', bob],
  ])
  return checkRights({ audit, snapshots, promises: promises(change), present, erased })
}

test('[SI13] what stands and is shown is in order', () => {
  expect(judged([envelope()])).toEqual({ unauthorised: [], divergent: [] })
})

test('[SI13] a forged envelope, one without a right, and one that a cut voids and is shown are named', () => {
  expect(judged([envelope({ authentic: false })]).unauthorised).not.toEqual([])
  expect(judged([envelope({ rightful: false })]).unauthorised).not.toEqual([])
  expect(judged([envelope({ stands: false })]).unauthorised).toHaveLength(4)
  // On the disk of somebody who is no member it harms nobody.
  expect(judged([envelope(), envelope({ seq: 2, authentic: false, texts: [], where: new Set(['Mallory']) })]).unauthorised).toEqual([])
})

test('[SI13] a void envelope that the relay took after the cut is named, one from before it is not', () => {
  const late = envelope({ seq: 2, id: 'e2' as EnvelopeId, texts: [], stands: false })
  const at = (ms: number): Partial<RelayPromises> => ({
    appendedAtMs: new Map([[`${topic}/e2`, ms]]),
    orderedAtMs: new Map([[5, 1000]]),
  })
  expect(judged([envelope(), late], at(1001)).unauthorised).toHaveLength(1)
  expect(judged([envelope(), late], at(999)).unauthorised).toEqual([])
})

test('[SI25] an entry that stands in the log without a right is named', () => {
  expect(judged([envelope()], {}, [snapshot('Alice')], { unlawful: [7] }).unauthorised).toHaveLength(1)
})

test('[SI26] what was erased is named where it is shown and where it lies; what may have been is missed by nobody', () => {
  const [one, other] = envelope().texts
  const gone = (isCertain: boolean) => ({ erased: new Map([one ?? '', other ?? ''].map((text) => [text, isCertain])) })
  expect(judged([envelope()], {}, [snapshot('Alice')], gone(true)).unauthorised).toHaveLength(4)
  const empty = snapshot('Alice', { conversations: new Map([[prefix, []]]) })
  expect(judged([envelope()], {}, [empty], gone(false))).toEqual({ unauthorised: [], divergent: [] })
  expect(judged([envelope()], {}, [empty]).divergent).toHaveLength(2)
})

test('[SI14] two envelopes in one place, one that nobody shows, and one that the relay lacks are named', () => {
  expect(judged([envelope(), envelope({ id: 'e2' as EnvelopeId })]).divergent).toHaveLength(1)
  expect(judged([envelope(), envelope({ seq: 2, texts: ['m3'] })]).divergent).toHaveLength(2)
  expect(judged([envelope({ where: new Set(['Alice']) })]).divergent).toHaveLength(1)
})

test('[SI15] a message shown before one that its author had read is named, unless a cut may have taken that one', () => {
  const listeners: (() => void)[] = []
  const messages: { text: string }[] = []
  const replica = {
    conversation: () => ({ read: () => ({ messages }), subscribe: (changed: () => void) => listeners.push(changed) }),
  }
  const ledger = makeLedger()
  const conversation = { kind: 'channel', prefix } as const
  ledger.write({ text: 'm1', author: 'Alice', conversation, seen: [] })
  ledger.write({ text: 'm2', author: 'Bob', conversation, seen: ['m1'] })
  ledger.write({ text: 'm3', author: 'Bob', conversation, seen: ['m1', 'm2'] })
  ledger.watchNew('Carol', replica as never, [conversation])
  messages.push({ text: 'm2' })
  for (const listener of listeners) listener()
  expect(ledger.sights).toHaveLength(1)
  ledger.excuse('Alice')
  messages.push({ text: 'm3' })
  for (const listener of listeners) listener()
  expect(ledger.sights).toHaveLength(1)
})

test('[SI16] a removed person who holds the key of what came later is named, one with earlier keys is not', () => {
  const later = envelope({ pos: 6, epoch: 'f2'.repeat(32) as EpochId })
  const rights = {
    topics: [topic],
    roleAt: () => 0,
    minimumOf: () => 3,
    unlawful: [],
    stands: () => true,
    partedAt: (user: UserId) => (user === bob ? 5 : null),
    revokedAt: () => null,
  }
  const audit = (held: string) => ({
    envelopes: [envelope(), later],
    rights,
    directs: new Map(),
    records: [],
    scope: '' as never,
    fold: null as never,
    opened: new Map([['Bob', new Set([held])]]),
  })
  const everybody = new Map([
    ['Alice', alice],
    ['Bob', bob],
  ])
  const present = new Map([['Alice', alice]])
  expect(checkSealed({ audit: audit(later.epoch), present }, everybody)).toHaveLength(1)
  expect(checkSealed({ audit: audit(envelope().epoch), present }, everybody)).toEqual([])
})

test('[SI27] a revoked device that holds the key of what came later is named, and what it gave the relay afterwards', () => {
  const stolen = envelope().device
  const later = envelope({ device: 'cd'.repeat(32) as DeviceId, pos: 6, epoch: 'f2'.repeat(32) as EpochId })
  const rights = { topics: [topic], roleAt: () => 3, minimumOf: () => 3, unlawful: [], stands: () => true, partedAt: () => null }
  const revokedAt = (device: DeviceId) => (device === stolen ? 5 : null)
  const audit = (held: string) => ({
    envelopes: [envelope(), later],
    rights: { ...rights, revokedAt },
    directs: new Map(),
    records: [],
    scope: '' as never,
    fold: null as never,
    opened: new Map([['phone', new Set([held])]]),
  })
  const sealed = (held: string) =>
    checkSealed({ audit: audit(held), present: new Map([['Alice', alice]]) }, new Map([['phone', alice]]), new Map([['phone', stolen]]))
  expect(sealed(later.epoch)).toHaveLength(1)
  expect(sealed(envelope().epoch)).toEqual([])
})

test('[SI17] what an adversary wrote is named where it is shown, and not missed where it is not', () => {
  const evil = envelope({ seq: 2, id: 'e2' as EnvelopeId, texts: ['evil-1'] })
  expect(judged([envelope(), evil])).toEqual({ unauthorised: [], divergent: [] })
  const shows = snapshot('Alice', { conversations: new Map([[prefix, shown('m1', 'm2', 'evil-1')]]), directory: ['evil-2'] })
  expect(judged([envelope(), evil], {}, [shows]).unauthorised).toHaveLength(2)
})

test('[SI18] an alarm about somebody honest is named, one about a traitor only where nobody attacks', () => {
  const users = new Map([['Alice', alice]])
  const accuses = (user: UserId) => [snapshot('Alice', { alarms: [{ code: 'forged-log', user, sinceMs: 0 }] })]
  expect(checkAlarms(accuses(alice), users, false)).toHaveLength(1)
  expect(checkAlarms(accuses(bob), users, false)).toEqual([])
  expect(checkAlarms(accuses(bob), users, true)).toHaveLength(1)
})
