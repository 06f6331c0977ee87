import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { chromium } from 'playwright'
import type { Browser, Page } from 'playwright'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromiumArgs, findChromium } from '../../../../.ci/chromium.mjs'
import type {} from '../testing/peer-page.ts'

const patienceMs = 60_000
const settings = { timeout: patienceMs }

/** The page's script, built once and held in memory. */
async function buildPage(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: import.meta.dirname,
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      lib: { entry: '../testing/peer-page.ts', formats: ['es'], fileName: 'page' },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
  const [result] = Array.isArray(built) ? built : [built]
  const chunk = result && 'output' in result ? result.output[0] : null
  if (!chunk) throw new Error('the page was not built')
  return chunk.code
}

async function servePage(script: string): Promise<{ readonly origin: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><title>peer</title><script type="module" src="/page.js"></script>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

/** As the relay runs it, on a port of its own; the same port again after a restart. */
async function startRelay(port: number): Promise<{ readonly node: Libp2p; readonly port: number; readonly peerId: string }> {
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(77)),
    addresses: { listen: [`/ip4/127.0.0.1/tcp/${port}/ws`] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 100, maxIncomingPendingConnections: 100 },
    services: { identify: identify(), ping: ping(), relay: circuitRelayServer() },
  })
  const bound = node
    .getMultiaddrs()[0]
    ?.toString()
    .match(/\/tcp\/(\d+)\//u)?.[1]
  return { node, port: Number(bound), peerId: node.peerId.toString() }
}

let browser: Browser
let site: Awaited<ReturnType<typeof servePage>>
let relay: Awaited<ReturnType<typeof startRelay>>

beforeAll(async () => {
  const executablePath = await findChromium()
  const [script, started, launched] = await Promise.all([
    buildPage(),
    startRelay(0),
    chromium.launch({
      ...(executablePath ? { executablePath } : {}),
      args: [...chromiumArgs, '--disable-features=WebRtcHideLocalIpsWithMdns'],
    }),
  ])
  relay = started
  browser = launched
  site = await servePage(script)
}, patienceMs)

afterAll(async () => {
  await browser.close()
  site.close()
  await relay.node.stop()
})

/** A page with a node of its own, in a browser context of its own. */
async function openPeer(seed: number, allowed: readonly string[]): Promise<{ readonly page: Page; readonly key: string }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(site.origin)
  const options = { seed, origin: `http://127.0.0.1:${relay.port}`, relayPeerId: relay.peerId, allowed }
  await page.waitForFunction(() => 'peerPage' in globalThis, null, settings)
  const key = await page.evaluate((given) => globalThis.peerPage.start(given), options)
  return { page, key }
}

type Peer = Awaited<ReturnType<typeof openPeer>>

async function openPair(seeds: readonly [number, number]): Promise<readonly [Peer, Peer]> {
  const [alice, bob] = await Promise.all([openPeer(seeds[0], []), openPeer(seeds[1], [])])
  await meet(alice, bob)
  return [alice, bob]
}

async function meet(alice: Peer, bob: Peer): Promise<void> {
  await setAllowed(alice, [bob])
  await setAllowed(bob, [alice])
  await setWanted(alice, [bob])
  await setWanted(bob, [alice])
  await waitForLink(alice, bob)
  await waitForLink(bob, alice)
}

function setAllowed(peer: Peer, allowed: readonly Peer[]): Promise<void> {
  return peer.page.evaluate(
    (keys) => globalThis.peerPage.setAllowed(keys),
    allowed.map((each) => each.key),
  )
}

function setWanted(peer: Peer, wanted: readonly Peer[]): Promise<void> {
  return peer.page.evaluate(
    (keys) => globalThis.peerPage.setWanted(keys),
    wanted.map((each) => each.key),
  )
}

async function waitForLink(peer: Peer, other: Peer): Promise<void> {
  await peer.page.waitForFunction((key) => globalThis.peerPage.linked().some((each) => each.key === key), other.key, settings)
}

async function waitForNoLink(peer: Peer): Promise<void> {
  await peer.page.waitForFunction(() => globalThis.peerPage.linked().length === 0, null, settings)
}

async function tell(from: Peer, to: Peer, text: string): Promise<void> {
  const taken = await from.page.evaluate(({ key, said }) => globalThis.peerPage.send(key, said), { key: to.key, said: text })
  expect(taken).toBe(true)
  await to.page.waitForFunction((said) => globalThis.peerPage.heard.includes(said), text, settings)
}

async function close(...peers: readonly Peer[]): Promise<void> {
  await Promise.all(peers.map((peer) => peer.page.context().close()))
}

test('[AB40] two members in two pages hold a direct link and measure its round trip', { timeout: patienceMs }, async () => {
  const [alice, bob] = await openPair([1, 2])
  await tell(alice, bob, 'from alice')
  await tell(bob, alice, 'from bob')
  await alice.page.waitForFunction(() => globalThis.peerPage.linked().some((each) => each.roundTripMs !== null), null, settings)
  await close(alice, bob)
})

test('[AB41] direct links live on when the relay dies; after its restart newcomers are reached', { timeout: 2 * patienceMs }, async () => {
  const [alice, bob] = await openPair([3, 4])
  await relay.node.stop()
  await alice.page.waitForFunction(() => !globalThis.peerPage.reachable(), null, settings)
  await tell(alice, bob, 'without the relay')
  await tell(bob, alice, 'nor the other way')
  relay = await startRelay(relay.port)
  await alice.page.waitForFunction(() => globalThis.peerPage.reachable(), null, settings)
  await tell(alice, bob, 'still the same link')
  const carol = await openPeer(5, [])
  await setAllowed(alice, [bob, carol])
  await setAllowed(carol, [alice])
  await setWanted(alice, [bob, carol])
  await setWanted(carol, [alice])
  await waitForLink(alice, carol)
  await tell(carol, alice, 'from carol')
  await close(alice, bob, carol)
})

test('[AB42] a stranger gets no link, a removed member loses it and gets none again', { timeout: 2 * patienceMs }, async () => {
  const [alice, bob] = await openPair([6, 7])
  const mallory = await openPeer(8, [alice.key])
  await setWanted(mallory, [alice])
  await alice.page.waitForFunction(() => globalThis.peerPage.refusals >= 2, null, settings)
  expect(await mallory.page.evaluate(() => globalThis.peerPage.linked())).toEqual([])
  const before = await alice.page.evaluate(() => globalThis.peerPage.refusals)
  await setWanted(alice, [])
  await setAllowed(alice, [])
  await waitForNoLink(bob)
  await alice.page.waitForFunction((count) => globalThis.peerPage.refusals >= count + 4, before, settings)
  expect(await alice.page.evaluate(() => globalThis.peerPage.linked())).toEqual([])
  expect(await bob.page.evaluate(() => globalThis.peerPage.linked())).toEqual([])
  await close(alice, bob, mallory)
})

test('[AB43] a peer that was killed is noticed, and linked again when it is back', { timeout: 2 * patienceMs }, async () => {
  const [alice, bob] = await openPair([9, 10])
  const crashed = bob.page.waitForEvent('crash')
  await Promise.all([crashed, bob.page.goto('chrome://crash').catch(() => null)])
  await waitForNoLink(alice)
  await bob.page.context().close()
  const again = await openPeer(10, [alice.key])
  expect(again.key).toBe(bob.key)
  await setWanted(again, [alice])
  await waitForLink(alice, again)
  await tell(alice, again, 'welcome back')
  await close(alice, again)
})
