/** Answers that are none: nonsense, floods of bytes, silence, other sites, another relay. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { toBase64 } from '@poruch/base'
import { systemRandom } from '@poruch/crypto'
import { encodeFrame } from '@poruch/sync/wire'
import { delay, until } from '../../kill9/patience.ts'
import type { Attack } from '../attack.ts'
import type { HttpAnswer } from '../proxy.ts'
import type { World } from '../world.ts'
import { readsAfter } from './order.ts'

/** More than a frame may be, eight times. */
const giantCharacters = 12 * 1024 * 1024

export const wireAttacks: readonly Attack[] = [
  {
    name: 'garbage in place of frames',
    run: async (world) => {
      const { bob, carol, proxy } = world
      const payloads = [
        '',
        'no base64!',
        toBase64(systemRandom.bytes(200)),
        toBase64(new Uint8Array(1)),
        toBase64(Uint8Array.of(255, 1, 2, 3)),
      ]
      for (const payload of payloads) {
        await until('Bob has a session', () => bob.sessions() > 0)
        await connectedLine(world).then((line) => line.nonsense(payload))
        bob.retry()
        await readsAfter(world, carol, bob)
      }
      const line = await connectedLine(world)
      for (const type of ['ENTRY', 'ORDERED'] as const) {
        const whole = encodeFrame(
          type === 'ENTRY'
            ? { type, topic: world.general.topic, relaySeq: 1, envelope: systemRandom.bytes(120) }
            : { type, scope: world.scope, records: [systemRandom.bytes(120)] },
        )
        line.nonsense(toBase64(whole.slice(0, whole.length - 5)))
        line.nonsense(toBase64(whole))
      }
      await until('Bob has a session', () => bob.sessions() > 0)
      await readsAfter(world, carol, bob)
      void proxy
    },
  },
  {
    name: 'giant frames, and lengths that promise more',
    run: async (world) => {
      const { bob, carol } = world
      await connectedLine(world).then((line) => line.nonsense('A'.repeat(giantCharacters)))
      await until('Bob ends that session', () => bob.sessions() === 0)
      const length = Buffer.alloc(4, 0xff)
      world.proxy.setTricks({
        http: (path) => (path === '/api/sync' ? { status: 200, body: Buffer.concat([length, Buffer.alloc(giantCharacters)]) } : null),
      })
      bob.retry()
      await until('Bob comes again', () => bob.sessions() > 0)
      await world.say(carol)
      await delay(500)
      world.proxy.setTricks({})
      await readsAfter(world, carol, bob)
    },
  },
  {
    name: 'never answer',
    run: async (world) => {
      const { bob, carol, proxy, clock } = world
      let asked = 0
      proxy.setTricks({ http: () => (asked++, new Promise<never>(() => undefined)) })
      proxy.cut()
      for (let count = 0; count < 3; count++) {
        await untilAsked(world, () => asked > count)
        clock.jump(15_000)
      }
      if (bob.replica.connection.read().relay.state === 'connected') throw new Error('Bob takes silence for a session')
      await world.say(carol)
    },
  },
  {
    name: 'redirects and pages in place of answers',
    run: async (world) => {
      const elsewhere = await countingSite()
      const page: HttpAnswer = { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Log in</title>' }
      for (const paths of [['/api/relay'], ['/api/challenge'], ['/api/session'], ['/api/sync']]) {
        for (const status of [301, 302, 307, 308]) {
          await misled(world, paths, { status, headers: { location: `${elsewhere.origin}${paths[0]}` }, body: '' })
        }
        await misled(world, paths, page)
        await misled(world, paths, { ...page, body: new Uint8Array(70_000) })
      }
      let upgrades = 0
      for (const answer of [
        `HTTP/1.1 302 Found\r\nLocation: ${elsewhere.origin}/\r\n\r\n`,
        'HTTP/1.1 200 OK\r\n\r\n<!doctype html>',
        '\u0000\u0001',
      ]) {
        world.proxy.setTricks({ upgrade: () => (upgrades++, answer) })
        world.proxy.cut()
        const before = upgrades
        await untilAsked(world, () => upgrades > before)
      }
      await elsewhere.close()
      if (elsewhere.requests() > 0) throw new Error(`devices followed ${elsewhere.requests()} times to another site`)
    },
  },
  {
    name: 'another relay at the same address',
    alarms: ['relay-changed'],
    run: async (world) => {
      const { relay, honest } = world
      await relay.stop()
      // Whoever took the address has the database, and no key of the relay's.
      await writeFile(join(relay.dataFolder, 'sequencer.key'), systemRandom.bytes(32))
      await relay.start()
      for (const member of honest) member.retry()
      await until('all have noticed', () => honest.every((member) => member.heard('relay-changed') > 0))
    },
    isFinal: true,
  },
]

async function connectedLine(world: World): Promise<ReturnType<World['proxy']['lineOf']>> {
  await until('Bob has a session', () => world.bob.sessions() > 0)
  return world.proxy.lineOf(world.bob.id)
}

/** Devices try at once until the check holds. */
async function untilAsked({ honest }: World, check: () => boolean): Promise<void> {
  await until('the relay is asked', () => {
    for (const member of honest) member.retry()
    return check()
  })
}

async function misled(world: World, paths: readonly string[], answer: HttpAnswer): Promise<void> {
  let asked = 0
  world.proxy.setTricks({ http: (path) => (paths.includes(path) ? (asked++, answer) : null) })
  world.proxy.cut()
  await untilAsked(world, () => asked > 0)
}

/** A site that counts who comes. */
async function countingSite(): Promise<{ readonly origin: string; requests(): number; close(): Promise<void> }> {
  let requests = 0
  const server = createServer((_, response) => {
    requests++
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    requests: () => requests,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
