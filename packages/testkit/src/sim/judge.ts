/** Puts all that can be seen at the end of a schedule before the checks. */
import { parseUtf8 } from '@poruch/base'
import type { DeviceId, ScopeId, UserId } from '@poruch/base'
import type { LogStore } from '@poruch/sync'
import { auditEverything } from './audit.ts'
import type { Audit } from './audit.ts'
import { checkAlarms, checkConverged, checkKept, checkRelayKept, checkRights, checkSealed } from './checks.ts'
import type { Findings } from './checks.ts'
import type { Sight } from './ledger.ts'
import { replicaOf } from './people.ts'
import type { Cast, Person } from './people.ts'
import type { Scenario } from './scenario.ts'
import { takeSnapshot } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import type { World } from './world.ts'

export interface Judgement {
  readonly findings: Findings
  /** Names of those whom some honest device has named in an alarm. */
  readonly named: readonly string[]
}

export async function judge(cast: Cast, scenario: Scenario): Promise<Judgement> {
  const { relay, ledger } = cast.world
  const seen = (...kinds: readonly Sight['kind'][]): string[] =>
    ledger.sights.filter(({ kind }) => kinds.includes(kind)).map(({ text }) => text)
  const lost = [...seen('lost'), ...(await checkRelayKept(relay.log(), relay.promises))]
  const unauthorised = seen('stranger')
  const divergent = seen('cause', 'broken')
  const audit = await auditAll(cast.world)
  if (!audit) return { findings: { divergent: [...divergent, 'the log at the relay does not fold'], lost, unauthorised }, named: [] }
  const { snapshots, missing } = await snapshotsOf(cast, audit)
  const users = new Map<string, UserId>(snapshots.map(({ name, user }) => [name, user]))
  const kept = checkKept({ snapshots, sent: ledger.sent.values(), users, erased: ledger.erased() })
  const everybody = await everybodyIn(cast.world)
  const countsForNothing = ({ isTraitor, name }: Person): boolean => {
    const user = everybody.get(name)
    // What a relay that rolled back has lost of those who parted, nobody may bring again: their cut names more than there is.
    return isTraitor || (relay.hasRolledBack() && user !== undefined && audit.rights.partedAt(user) !== null)
  }
  const traitors = new Set(cast.people.filter(countsForNothing).flatMap(({ name }) => everybody.get(name) ?? []))
  const rights = checkRights({ audit, snapshots, promises: relay.promises, present: users, traitors, erased: ledger.erased() })
  const accused = new Set(snapshots.flatMap(({ alarms }) => alarms.flatMap(({ user }) => user ?? [])))
  const alarms = checkAlarms(snapshots, users, !scenario.byzantine)
  return {
    named: [...everybody].flatMap(([name, user]) => (accused.has(user) ? [name] : [])),
    findings: {
      divergent: [...divergent, ...missing, ...checkConverged(snapshots), ...rights.divergent, ...alarms],
      lost: [...lost, ...kept],
      unauthorised: [
        ...unauthorised,
        ...rights.unauthorised,
        ...checkSealed({ audit, present: users }, everybody, await devicesIn(cast.world)),
      ],
    },
  }
}

async function auditAll(world: World): Promise<Audit | null> {
  const [scope] = await world.relay.log().scopes()
  if (scope === undefined) return null
  const disks = new Map(world.devices.map((device) => [device.name, device.disk]))
  return auditEverything({ suite: world.suite, scope: scope as ScopeId, relay: world.relay.log(), disks })
}

/** What those show who are members by the log at the relay and run an honest client. */
async function snapshotsOf(cast: Cast, audit: Audit): Promise<{ snapshots: readonly Snapshot[]; missing: readonly string[] }> {
  const snapshots: Snapshot[] = []
  const missing: string[] = []
  for (const person of cast.people) {
    const { disk } = cast.world.device(person.name)
    const user = await userOn(disk)
    if (person.patched || !user || audit.rights.roleAt(user, audit.records.length) === 0) continue
    const replica = replicaOf(cast, person)
    const snapshot = replica && (await takeSnapshot(person.name, replica, disk))
    if (snapshot) snapshots.push(snapshot)
    else missing.push(`${person.name} is a member and does not know it`)
  }
  return { snapshots, missing }
}

async function everybodyIn({ devices }: World): Promise<ReadonlyMap<string, UserId>> {
  const users = new Map<string, UserId>()
  for (const { name, disk } of devices) {
    const user = await userOn(disk)
    if (user) users.set(name, user)
  }
  return users
}

async function devicesIn({ devices }: World): Promise<ReadonlyMap<string, DeviceId>> {
  const found = new Map<string, DeviceId>()
  for (const { name, disk } of devices) {
    const account = await accountOn(disk)
    if (account) found.set(name, account.signingPublicKey)
  }
  return found
}

async function userOn(disk: LogStore): Promise<UserId | null> {
  return (await accountOn(disk))?.user ?? null
}

async function accountOn(disk: LogStore): Promise<{ readonly user: UserId; readonly signingPublicKey: DeviceId } | null> {
  const account = await disk.getRecord('account', 'self')
  return account && (JSON.parse(parseUtf8(account) ?? '') as { readonly user: UserId; readonly signingPublicKey: DeviceId })
}
