/** The SQLite log against the contract, and against what only a file can do. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { spawn, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeOf } from '@poruch/base'
import type { DeviceId, TopicId } from '@poruch/base'
import type { RelayLog } from '@poruch/sync/relay-log'
import { relayLogContract, relayRow } from '@poruch/testkit/contract'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteRelayLog } from './relay-log.ts'

const topic = 'a1'.repeat(32) as TopicId
const alice = 'aa'.repeat(32) as DeviceId

relayLogContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-sqlite-'))
  const path = join(folder, 'relay.db')
  let log = await openSqliteRelayLog({ path })
  return {
    log,
    reopen: async () => {
      await log.close()
      return (log = await openSqliteRelayLog({ path }))
    },
    end: async () => {
      await log.close()
      await rm(folder, { recursive: true })
    },
  }
})

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poruch-sqlite-'))
  path = join(folder, 'relay.db')
})
afterEach(async () => rm(folder, { recursive: true }))

async function codeOfOpening(at: string = path): Promise<string> {
  return openSqliteRelayLog({ path: at }).then(() => 'opened', codeOf)
}

test('[AN27] what was erased is not in the file any more', async () => {
  const secret = new Uint8Array(Buffer.from('sealed and to be forgotten '.repeat(40)))
  const log = await openSqliteRelayLog({ path })
  for (let seq = 1; seq <= 3; seq++) await log.append({ ...relayRow(alice, seq), bytes: secret })
  for (let seq = 1; seq <= 3; seq++) await log.erase(topic, relayRow(alice, seq).id, new Uint8Array([1]))
  await log.close()
  expect((await readFile(path)).includes('to be forgotten')).toBe(false)
})

test('[AN27] nor in its write-ahead log, while it is open and after a crash; packs are no other', { timeout: 60_000 }, async () => {
  const secret = new Uint8Array(Buffer.from('sealed and to be forgotten '.repeat(4000)))
  const inFolder = async (): Promise<boolean[]> =>
    Promise.all((await readdir(folder)).map(async (name) => (await readFile(join(folder, name))).includes('to be forgotten')))
  const log = await openSqliteRelayLog({ path })
  const pack = { topic, kind: 4, id: relayRow(alice, 1).id, prev: null, device: alice, bytes: secret, storedAtMs: 5 }
  await log.append({ ...relayRow(alice, 1), bytes: secret })
  await log.putCompact(pack)
  expect(await inFolder()).toContain(true)
  await log.erase(topic, relayRow(alice, 1).id, new Uint8Array([1]))
  await log.replaceCompact(topic, pack.id, new Uint8Array([1]), pack.id)
  expect(await inFolder()).not.toContain(true)
  await log.close()
  expect(await inFolder()).not.toContain(true)
})

test('[AN12] refuses the database of a newer version and leaves it as it is', async () => {
  await (await openSqliteRelayLog({ path })).close()
  const db = new Database(path)
  db.pragma('user_version = 99')
  db.close()
  expect(await codeOfOpening()).toBe('newer-version')
  const after = new Database(path)
  expect(after.pragma('user_version', { simple: true })).toBe(99)
  after.close()
})

test('[AN12] refuses a file of another program, of no database, and a folder that is not there', { timeout: 60_000 }, async () => {
  const other = new Database(path)
  other.pragma('user_version = 1')
  other.exec('CREATE TABLE t (a)')
  other.close()
  expect(await codeOfOpening()).toBe('not-a-database')
  await writeFile(path, 'this is not a database, it is a letter to the administrator, long enough to have a header of 100 bytes'.repeat(9))
  expect(await codeOfOpening()).toBe('not-a-database')
  expect(await codeOfOpening(join(folder, 'absent', 'relay.db'))).toBe('unwritable')
})

test('[AN13] is opened by one process at a time: the second is told `locked`', { timeout: 60_000 }, async () => {
  const log = await openSqliteRelayLog({ path })
  expect(await codeOfOpening()).toBe('locked')
  await log.close()
  const again = await openSqliteRelayLog({ path })
  expect(await codeOfOpening()).toBe('locked')
  await again.close()
})

test('[AN14] a full database refuses writes with `disk-full`, reads on, loses nothing, and goes on when there is room', async () => {
  const log = await openSqliteRelayLog({ path, maxPages: 40 })
  const acknowledged = await fill(log)
  expect(acknowledged).toBeGreaterThan(0)
  expect((await log.head(topic)).relaySeq).toBe(acknowledged)
  expect(await log.read(topic, 0, 99)).toHaveLength(acknowledged)
  expect(await log.append({ ...relayRow(alice, acknowledged + 1) }).then((one) => one.ok, codeOf)).not.toBe('closed')
  await log.close()
  const roomy = await openSqliteRelayLog({ path })
  const next = (await roomy.chainHead(topic, alice))?.deviceSeq ?? 0
  expect(next).toBeGreaterThanOrEqual(acknowledged)
  expect(await roomy.append(bigRow(next + 1))).toEqual({ ok: true, relaySeq: next + 1, known: false })
  await roomy.close()
})

test('[AN30] a disk that fails a write: nothing of it is acknowledged, reads go on, and the open log goes on once it writes again', async () => {
  const script = fileURLToPath(new URL('../testing/limited-writer.ts', import.meta.url))
  const limited = spawnSync('prlimit', ['--fsize=1000000:unlimited', process.execPath, script, path], { encoding: 'utf8' })
  const said = JSON.parse(limited.stdout) as { acknowledged: number; code: string; read: number; next: number; after: string }
  expect(said).toMatchObject({ code: 'disk-full', after: 'kept' })
  expect(said.acknowledged).toBeGreaterThan(3)
  expect([said.read, said.next]).toEqual([said.acknowledged, said.acknowledged + 1])
  const log = await openSqliteRelayLog({ path })
  expect((await log.head(topic)).relaySeq).toBe(said.next)
  expect((await log.read(topic, 0, 999)).map(({ deviceSeq }) => deviceSeq)).toEqual(Array.from({ length: said.next }, (_, n) => n + 1))
  await log.close()
})

test(
  '[AN16] a process killed in mid-write has every acknowledged row when it is opened again, without holes',
  { timeout: 60_000 },
  async () => {
    let held = 0
    for (const kills of [1, 2, 3, 4, 5]) {
      const acknowledged = await writeUntilKilled(held + 1, held + 20 * kills)
      const log = await openSqliteRelayLog({ path })
      held = (await log.head(topic)).relaySeq
      expect(held).toBeGreaterThanOrEqual(acknowledged)
      const rows = await log.read(topic, 0, 100_000)
      expect(rows.map((row) => row.relaySeq)).toEqual(Array.from({ length: held }, (_, index) => index + 1))
      expect(rows.every((row) => row.deviceSeq === row.relaySeq && row.bytes.every((byte) => byte === row.deviceSeq % 256))).toBe(true)
      await log.close()
    }
  },
)

/** The last number that the writer reported before it was killed. */
function writeUntilKilled(firstSeq: number, killAt: number): Promise<number> {
  const writer = spawn(process.execPath, [fileURLToPath(new URL('../testing/killed-writer.ts', import.meta.url)), path, String(firstSeq)])
  let output = ''
  writer.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
    if (Number(output.trimEnd().split('\n').at(-1)) >= killAt) writer.kill('SIGKILL')
  })
  return new Promise((resolve) => writer.on('close', () => resolve(Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1)))))
}

test('[AN17] writes that wait together share a commit, and a refused one takes nothing of the others with it', async () => {
  const log = await openSqliteRelayLog({ path })
  const scopeRow = (pos: number) => ({ scope: 's', pos, record: new Uint8Array([pos]) })
  const [first, moved, gap, side, second] = await Promise.all([
    log.append(relayRow(alice, 1)),
    log.appendScope([scopeRow(0), scopeRow(7)]).then(() => 'ordered', codeOf),
    log.append(relayRow(alice, 9)),
    log.putSide({ collection: 'c', group: 'g', key: 'k', value: new Uint8Array(1) }),
    log.append(relayRow(alice, 2)),
  ])
  expect([first, moved, gap, side, second]).toEqual([
    { ok: true, relaySeq: 1, known: false },
    'moved',
    { ok: false, reason: 'chain' },
    { cursor: 1, known: false },
    { ok: true, relaySeq: 2, known: false },
  ])
  expect(await log.scopes()).toEqual([])
  await log.close()
})

test('[AN14] a disk that fills up and is cleared: the open log goes on by itself', async () => {
  // Only root can mount; elsewhere the database's own bound stands for the disk, and it is opened again instead of cleared.
  const disk = join(folder, 'disk')
  await mkdir(disk)
  const isMounted = spawnSync(sbin('mount'), ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status === 0
  try {
    const at = { path: join(disk, 'relay.db') }
    if (isMounted) await writeFile(join(disk, 'ballast'), new Uint8Array(500_000))
    let log = await openSqliteRelayLog(isMounted ? at : { ...at, maxPages: 60 })
    const acknowledged = await fill(log)
    expect(acknowledged).toBeGreaterThan(0)
    expect((await log.read(topic, 0, 999)).length).toBe(acknowledged)
    if (isMounted) await rm(join(disk, 'ballast'))
    else {
      await log.close()
      log = await openSqliteRelayLog(at)
    }
    expect(await log.append(bigRow(acknowledged + 1))).toEqual({ ok: true, relaySeq: acknowledged + 1, known: false })
    await log.close()
  } finally {
    if (isMounted) spawnSync(sbin('umount'), [disk])
  }
})

function bigRow(seq: number) {
  return { ...relayRow(alice, seq), bytes: new Uint8Array(20_000) }
}

/** Appends until the disk is full; how many were acknowledged. */
async function fill(log: RelayLog): Promise<number> {
  for (let seq = 1; ; seq++) {
    const code = await log.append(bigRow(seq)).then(() => 'ok', codeOf)
    if (code === 'ok') continue
    expect(code).toBe('disk-full')
    return seq - 1
  }
}

/** Tools of the system, which no package of npm brings. */
function sbin(name: string): string {
  return join('/usr/bin', name)
}
