import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startRelayProcess } from './testing/process.ts'
import type { RelayProcess } from './testing/process.ts'

const hardening = [
  '--trusted-proxy',
  '--devices-per-address',
  '--device-quota',
  '--account-quota',
  '--metrics-token',
  '--tls-cert',
  '--tls-key',
]
const slowMs = 120_000 // a process of Node on a busy machine; nothing waits for it

let folder: string
let running: RelayProcess[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poruch-relay-'))
  running = []
})
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await Promise.all(running.map(({ ended }) => ended))
  await rm(folder, { recursive: true })
})

/** SQLite keeps a database's version at byte 60 of its file (file format, "Database Header"). */
async function writeVersion(path: string, version: number): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(Uint8Array.of(0, 0, 0, version), 0, 4, 60)
  await file.close()
}

function start(...args: readonly string[]): RelayProcess {
  const relay = startRelayProcess(['--port', '0', '--data', join(folder, 'data'), '--client', join(folder, 'client'), ...args])
  running.push(relay)
  return relay
}

describe('the process', () => {
  test(
    '[RE60] prints address and setup link, keeps its keys to itself, and is the same relay after SIGKILL',
    { timeout: slowMs },
    async () => {
      const first = start()
      const [, url = ''] = await first.says(/Poruch is ready: (http:\/\/localhost:\d+)\n/u)
      const [, link = ''] = await first.says(/(http:\/\/localhost:\d+\/#setup\/[\w-]{22})\n/u)
      const name = await (await fetch(`${url}/api/relay`)).json()
      expect(name).toMatchObject({ v: 1, key: expect.stringMatching(/^[0-9a-f]{64}$/u), peer: expect.stringMatching(/^12D3/u) })
      for (const file of ['sequencer.key', 'peer.key', 'setup.key'])
        expect((await stat(join(folder, 'data', file))).mode & 0o777).toBe(0o600)
      first.child.kill('SIGKILL')
      expect(await first.ended).toBe('SIGKILL')
      const again = start()
      const [, later = ''] = await again.says(/Poruch is ready: (http:\/\/localhost:\d+)\n/u)
      expect((await again.says(/#setup\/([\w-]{22})\n/u))[1]).toBe(link.split('/').at(-1))
      expect(await (await fetch(`${later}/api/relay`)).json()).toEqual(name)
    },
  )

  test('[RE171] keeps its compiled form in the data folder, closed to others, and starts from it again', { timeout: slowMs }, async () => {
    const compiled = join(folder, 'data', 'compiled')
    for (const isThere of [false, true, true]) {
      const relay = start()
      await relay.says(/Poruch is ready/u)
      relay.child.kill('SIGTERM')
      expect(await relay.ended).toBe(0)
      expect(existsSync(compiled)).toBe(isThere)
    }
    expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o700)
    // What is damaged there is not run.
    const files = (await readdir(compiled, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    expect(files.length).toBeGreaterThan(100)
    for (const { parentPath, name } of files) await writeFile(join(parentPath, name), new Uint8Array(300).fill(1))
    const relay = start()
    const [, url = ''] = await relay.says(/Poruch is ready: (http:\/\/localhost:\d+)\n/u)
    expect((await fetch(`${url}/api/health`)).status).toBe(200)
  })

  test('[RE61] ends on SIGTERM with code 0, leaving a database without a tail', { timeout: slowMs }, async () => {
    const relay = start()
    await relay.says(/Poruch is ready/u)
    relay.child.kill('SIGTERM')
    expect(await relay.ended).toBe(0)
    expect(relay.output()).toContain('"event":"stopped"')
    await expect(stat(join(folder, 'data', 'relay.db-wal'))).rejects.toThrow('ENOENT')
  })

  test(
    '[RE62] a busy port, a data folder in use or unwritable, a newer database and bad settings end it with one line',
    { timeout: slowMs },
    async () => {
      const other = createServer()
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      const { port } = other.address() as AddressInfo
      const end = async (relay: RelayProcess) => [await relay.ended, relay.errors().split(':')[0], relay.errors().trim().split('\n').length]
      expect(await end(start('--port', String(port)))).toEqual([1, 'port-busy', 1])
      await new Promise((resolve) => other.close(resolve))
      const first = start()
      await first.says(/Poruch is ready/u)
      expect(await end(start())).toEqual([1, 'locked', 1])
      first.child.kill('SIGTERM')
      await first.ended
      await writeVersion(join(folder, 'data', 'relay.db'), 99)
      expect(await end(start())).toEqual([1, 'newer-version', 1])
      await writeFile(join(folder, 'file'), '')
      expect(await end(start('--data', join(folder, 'file')))).toEqual([1, 'data-unwritable', 1])
      expect(await end(start('--port', 'many'))).toEqual([2, 'bad-settings', 1])
      await mkdir(join(folder, 'short'))
      await writeFile(join(folder, 'short', 'sequencer.key'), 'short')
      await chmod(join(folder, 'short', 'sequencer.key'), 0o600)
      expect(await end(start('--data', join(folder, 'short')))).toEqual([1, 'bad-key', 1])
    },
  )

  test('[RE79] SIGHUP reads the certificate again and ends nothing, also without one', { timeout: slowMs }, async () => {
    const relay = start()
    const [, url = ''] = await relay.says(/Poruch is ready: (http:\/\/localhost:\d+)\n/u)
    relay.child.kill('SIGHUP')
    await relay.says(/"event":"certificate-read"/u)
    expect((await fetch(`${url}/api/health`)).status).toBe(200)
  })

  test('[RE82] verify-audit checks a stopped relay, and ends with 1 and one line when it cannot', { timeout: slowMs }, async () => {
    const relay = start()
    await relay.says(/Poruch is ready/u)
    const verify = (data: string) => startRelayProcess(['verify-audit', '--data', join(folder, data)])
    const early = verify('data')
    expect([await early.ended, early.errors().split(':')[0]]).toEqual([1, 'locked'])
    relay.child.kill('SIGTERM')
    await relay.ended
    const whole = verify('data')
    expect([await whole.ended, whole.errors()]).toEqual([0, ''])
    expect(whole.output()).toMatch(/^2 records, whole; the last hash is [0-9a-f]{64}\n$/u)
    const hash = /[0-9a-f]{64}/u.exec(whole.output())?.[0] ?? 'none'
    expect(relay.output()).toContain(`"audit":"${hash}"`)
    const absent = verify('absent')
    expect([await absent.ended, absent.errors().split(':')[0]]).toEqual([1, 'no-database'])
  })

  test('[RE83] what libraries print of strangers is not kept', { timeout: slowMs }, async () => {
    const relay = start()
    const [, url = ''] = await relay.says(/Poruch is ready: (http:\/\/localhost:\d+)\n/u)
    // The document's name is too long for its length: Hocuspocus' decoder gives up, and prints why.
    const socket = new WebSocket(`${url.replace('http', 'ws')}/collab`)
    socket.on('error', () => undefined)
    socket.on('open', () => socket.send(new Uint8Array([200, 1, ...new TextEncoder().encode('planted-by-a-stranger')])))
    await relay.says(/"event":"library"/u)
    expect(relay.output() + relay.errors()).not.toMatch(/planted|stack|at |lib0/u)
  })

  test('[RE63] --help says every setting', { timeout: slowMs }, async () => {
    const relay = start('--help')
    expect(await relay.ended).toBe(0)
    for (const name of ['--host', '--port', '--data', '--client', '--url', '--origins', '--config', ...hardening])
      expect(relay.output()).toContain(name)
  })
})
