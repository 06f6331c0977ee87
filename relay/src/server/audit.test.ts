import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { codeOf } from '@poruch/base'
import type { World } from '@poruch/testkit/fixtures'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeHandClock } from '../testing/hand-clock.ts'
import { serveWorld, servedWorld } from '../testing/served.ts'
import type { Served } from '../testing/served.ts'
import { verifyAudit } from '../verify-audit.ts'
import { makeAudit } from './audit.ts'

const slowMs = 60_000 // restarts of a relay on a busy machine; nothing waits for it

let world: World
let served: Served
beforeEach(async () => {
  world = await servedWorld({}, 'alice', 'bob')
  served = await serveWorld({ world })
}, slowMs)
afterEach(async () => served.end(), slowMs)

const data = () => join(served.folder, 'data')

/** What a relay's admin could do to the stopped database. */
function edit<T>(work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(data(), 'relay.db'))
  try {
    return work(db)
  } finally {
    db.close()
  }
}

const verify = async (...more: readonly string[]): Promise<string> =>
  verifyAudit(['--data', data(), ...more], {}).then(
    (line) => line,
    (thrown: unknown) => (thrown instanceof Error ? thrown.message : ''),
  )

describe('the audit', { timeout: slowMs }, () => {
  test('[RE81] starts, sessions, refusals and stops are recorded, with device, class of address and code, and nothing else', async () => {
    await served.tokenOf(world.person('alice'))
    await served.tokenOf(world.person('mallory'))
    await served.stop()
    const rows = edit((db) => db.prepare('SELECT kind, actor, address, detail FROM audit ORDER BY seq').all())
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { kind: 'started', actor: '', address: '', detail: '0.1.0' },
      { kind: 'session-opened', actor: world.person('alice').device, address: 'loopback', detail: '' },
      { kind: 'session-refused', actor: '', address: 'loopback', detail: 'not-a-member' },
      { kind: 'stopped', actor: '', address: '', detail: '' },
    ])
    await served.restart()
  })

  test('[RE81] a flood is bounded and counted; a disk that takes nothing stops nothing', async () => {
    const clock = makeHandClock(0)
    const written: string[] = []
    const notes: string[] = []
    let isFull = false
    const writeAudit = async ({ detail }: { detail: string }) => {
      if (isFull) throw Object.assign(new Error('full'), { code: 'disk-full' })
      written.push(detail)
      return { seq: written.length, hash: new Uint8Array(32) }
    }
    const audit = makeAudit({ log: { writeAudit }, clock, note: (event) => notes.push(event) })
    for (let n = 0; n < 1_500; n++) audit.write('session-refused', { detail: 'x' })
    clock.advance(1_000)
    audit.write('session-refused', { detail: 'y' })
    await audit.flush()
    expect(written).toHaveLength(1_001)
    expect(written.at(-1)).toBe('y skipped=500')
    expect(notes).toEqual(['audit'])
    isFull = true
    clock.advance(1_000)
    audit.write('session-refused')
    await audit.flush()
    expect(notes).toEqual(['audit', 'audit-failed'])
  })

  test('[RE82] verify-audit says how much is whole, and refuses what is no database or no flag', async () => {
    await served.stop()
    expect(await verify()).toMatch(/^2 records, whole; the last hash is [0-9a-f]{64}$/u)
    expect(await verify('--tail', '1')).toMatch(/^bad-settings/u)
    expect(await verifyAudit(['--data', join(served.folder, 'absent')], {}).catch(codeOf)).toBe('no-database')
    await served.restart()
    expect(await verify()).toMatch(/^locked/u)
  })

  test('[RE82] a chain that was written anew does not hold the hash that was witnessed', async () => {
    await served.stop()
    const head = /[0-9a-f]{64}/u.exec(await verify())?.[0] ?? ''
    await served.restart()
    await served.stop()
    expect(await verify('--head', head.toUpperCase())).toMatch(/^4 records, whole/u)
    edit((db) => db.exec('DELETE FROM audit; UPDATE audit_end SET seq = 0, hash = zeroblob(32)'))
    await served.restart()
    await served.stop()
    expect(await verify()).toMatch(/^2 records, whole/u)
    expect(await verify('--head', head)).toMatch(/^audit-broken: no record has the hash/u)
    await served.restart()
  })

  test('[RE130] attack 30: an edited audit is found, and the first edited record is named', async () => {
    for (let n = 0; n < 3; n++) await served.tokenOf(world.person('alice'))
    await served.stop()
    const attacks: readonly (readonly [string, string])[] = [
      ["UPDATE audit SET actor = 'somebody else' WHERE seq = 3", 'record 3 was changed'],
      ['UPDATE audit SET at = at + 1 WHERE seq = 2', 'record 2 was changed'],
      ['DELETE FROM audit WHERE seq = 4', 'record 4 is missing'],
      [
        'UPDATE audit SET seq = 0 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 0',
        'record 2 was changed',
      ],
      ['DELETE FROM audit WHERE seq > 3', 'record 4 is where the chain ends'],
    ]
    for (const [sql, found] of attacks) {
      edit((db) => db.exec(`CREATE TABLE kept AS SELECT * FROM audit; ${sql}`))
      expect(await verify()).toContain(`audit-broken: ${found}`)
      edit((db) => db.exec('DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; DROP TABLE kept'))
    }
    expect(await verify()).toContain('5 records, whole')
    await served.restart()
  })
})
