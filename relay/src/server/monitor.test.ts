import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { World } from '@poruch/testkit/fixtures'
import { topicIdOf } from '@poruch/identity/fold'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serveWorld, servedWorld } from '../testing/served.ts'
import type { Served } from '../testing/served.ts'
import { makeHandClock } from '../testing/hand-clock.ts'
import { makeHeaders } from './headers.ts'
import { makeNote } from './log-lines.ts'
import { makeMetrics } from './metrics.ts'
import { makeMonitor } from './monitor.ts'

const token = 'a-token-of-a-watcher'
const slowMs = 60_000 // restarts of a relay on a busy machine; nothing waits for it

let world: World
let served: Served
beforeEach(async () => {
  world = await servedWorld({}, 'alice', 'bob')
  served = await serveWorld({ world, settings: { metricsToken: token } })
}, slowMs)
afterEach(async () => served.end(), slowMs)

/** All ids of the world, as they would show. */
function idsOf(): readonly string[] {
  const people = ['alice', 'bob'].map((name) => world.person(name))
  return [world.scope, world.channel, topicIdOf(world.channel, 0), ...people.flatMap(({ device, userId }) => [device, userId])]
}

describe('watching over the relay', { timeout: slowMs }, () => {
  test('[RE75] health: a write reached the database, uptime, version; counts for a watcher alone', async () => {
    const local = await served.get('/api/health')
    expect(local.status).toBe(200)
    expect(JSON.parse(local.body)).toEqual({
      ok: true,
      database: 'writable',
      uptimeSeconds: expect.any(Number),
      version: '0.1.0',
      heads: { scopes: 1, topics: 0 },
    })
    const foreign = await served.get('/api/health', { host: 'chat.example' })
    expect(Object.keys(JSON.parse(foreign.body) as object)).toEqual(['ok', 'database', 'uptimeSeconds', 'version'])
  })

  test('[RE75] a database that takes no write makes it 503, and is tried at most every 5 s', async () => {
    const clock = makeHandClock(1_000_000)
    let tries = 0
    const probe = async (): Promise<void> => {
      tries += 1
      if (tries === 1) throw Object.assign(new Error('full'), { code: 'disk-full' })
    }
    const monitor = makeMonitor({
      clock,
      metrics: makeMetrics([]),
      version: '1',
      token: null,
      probe,
      counts: async () => ({ scopes: 0, topics: 0 }),
    })
    const ask = async (): Promise<unknown[]> => {
      const heard: unknown[] = []
      const response = {
        writeHead: (status: number) => (heard.push(status), response),
        end: (body: string) => heard.push(JSON.parse(body)),
      }
      await monitor.health({ headers: {} } as never, response as never, { key: 'x', class: 'public', isLocal: false })
      return heard
    }
    expect(await ask()).toMatchObject([503, { ok: false, uptimeSeconds: 0 }])
    clock.advance(4_999)
    expect(await ask()).toMatchObject([503, { ok: false }])
    expect(tries).toBe(1)
    clock.advance(1)
    expect(await ask()).toMatchObject([200, { ok: true, uptimeSeconds: 5 }])
  })

  test('[RE76] metrics: what was done is counted, and no label names anybody', async () => {
    const alice = await served.connect(world.person('alice'))
    alice.send({ type: 'SUB', topics: [{ topic: topicIdOf(world.channel, 0), relaySeq: 0, idPrefix: '00000000' }] })
    await alice.next('HEAD')
    await served.tokenOf(world.person('mallory'))
    const { body, headers } = await served.get('/metrics')
    expect(headers['content-type']).toMatch(/^text\/plain; version=0.0.4/u)
    for (const line of [
      'poruch_sessions_opened_total 1',
      'poruch_sessions_refused_total{code="not-a-member"} 1',
      'poruch_frames_total{type="SUB"} 1',
      'poruch_sockets 1',
      'poruch_sessions 1',
      '# TYPE poruch_ack_seconds histogram',
      'poruch_commit_writes_bucket{le="+Inf"}',
    ])
      expect(body).toContain(line)
    expect(body.split('\n').filter((line) => !/^(?:#.*|poruch_\w+(?:\{\w+="[\w.+-]*"\})? [\d.e+-]+|)$/u.test(line))).toEqual([])
    for (const id of idsOf()) expect(body).not.toContain(id.slice(0, 16))
  })

  test('[RE76] labels that are no codes, and too many of them, become one', () => {
    const metrics = makeMetrics([])
    for (const label of ['a"b', 'x'.repeat(41), 'line\nbreak']) metrics.count('refused', label)
    for (let n = 0; n < 200; n++) metrics.count('frames', `T${n}`)
    const text = metrics.text()
    expect(text).toContain('poruch_refused_total{code="other"} 3')
    expect(text.match(/poruch_frames_total\{/gu)).toHaveLength(65)
    metrics.observe('commit_writes', 3)
    expect(metrics.text()).toContain('poruch_commit_writes_bucket{le="2"} 0\nporuch_commit_writes_bucket{le="4"} 1')
  })

  test('[RE77] metrics are absent for proxied callers, for foreign host names and for wrong tokens', async () => {
    const absent: readonly Record<string, string>[] = [
      { 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1' },
      { host: 'rebound.example' },
      { host: 'rebound.example', authorization: 'Bearer wrong' },
      { host: 'rebound.example', authorization: token },
    ]
    for (const headers of absent) expect((await served.get('/metrics', headers)).body).not.toContain('poruch_')
    expect((await served.get('/metrics', { host: 'chat.example', authorization: `Bearer ${token}` })).body).toContain('poruch_')
  })
})

describe('headers', { timeout: slowMs }, () => {
  const headersOf = (url: string, hasTrustedTypes: boolean): Map<string, string> => {
    const set = new Map<string, string>()
    makeHeaders({ url, hasTrustedTypes })({ setHeader: (name: string, value: string) => set.set(name, value) } as never)
    return set
  }

  test('[RE80] nothing inline, nothing foreign; Trusted Types for an app that says so; HSTS under https', async () => {
    const { headers } = await served.get('/')
    const policy = String(headers['content-security-policy'])
    expect(policy).not.toContain('unsafe-inline')
    expect(policy).not.toContain('unsafe-eval;')
    expect(policy).toMatch(/default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';/u)
    expect(headers['permissions-policy']).toContain('geolocation=()')
    expect(headers).toMatchObject({ 'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin' })
    expect(headers['strict-transport-security']).toBe(undefined)
    expect(policy).not.toContain('trusted-types')
    await writeFile(join(served.folder, 'client', 'index.html'), '<!doctype html><meta name="poruch-trusted-types" /><title>Poruch</title>')
    await served.restart()
    expect((await served.get('/')).headers['content-security-policy']).toContain(
      "; require-trusted-types-for 'script'; trusted-types default",
    )
    expect(headersOf('http://chat.example', true).get('content-security-policy')).toContain(
      "require-trusted-types-for 'script'; trusted-types default",
    )
    expect(headersOf('https://chat.example', false).get('strict-transport-security')).toBe('max-age=63072000')
    for (const url of ['http://chat.example', 'https://localhost:8443'])
      expect(headersOf(url, false).has('strict-transport-security')).toBe(false)
  })
})

describe('lines of the log', { timeout: slowMs }, () => {
  test('[RE83] what a relay says of sessions, refusals, frames and forks names nobody', async () => {
    const alice = await served.connect(world.person('alice'))
    alice.send({ type: 'SUB', topics: [{ topic: topicIdOf(world.channel, 0), relaySeq: 0, idPrefix: '00000000' }] })
    await alice.next('HEAD')
    await served.tokenOf(world.person('mallory'))
    await served.get(`/api/${world.scope}`)
    await served.restart()
    const text = served.lines.join('\n')
    expect(text).toContain('"event":"started"')
    for (const id of idsOf()) expect(text).not.toContain(id.slice(0, 16))
    expect(text).not.toContain('127.0.0.1')
  })

  test('[RE83] whatever looks like an id, a key or a token is struck out; the end of the audit chain is not', () => {
    const lines: string[] = []
    const note = makeNote(makeHandClock(0), (line) => lines.push(line))
    note('event', {
      topic: 'ab'.repeat(32),
      mixed: `in ${'cd'.repeat(8)} out`,
      token: 'Zm9vYmFyYmF6cXV4cXV1eA',
      code: 'too-many-requests',
      count: 3,
    })
    note('audit', { seq: 1, audit: 'ef'.repeat(32) })
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: 'event', topic: '[id]', mixed: 'in [id] out', token: '[id]', code: 'too-many-requests', count: 3 },
      { event: 'audit', audit: 'ef'.repeat(32) },
    ])
    for (let n = 0; n < 1_000; n++) note('flood')
    expect(lines).toHaveLength(600)
  })
})
