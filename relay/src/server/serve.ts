/** The relay on its one port. */
import { readFileSync } from 'node:fs'
import { openSqliteRelayLog } from '@poruch/adapters-node'
import type { SqliteRelayLog } from '@poruch/adapters-node'
import { codeOf, systemClock, toBase64Url, toHex } from '@poruch/base'
import type { Clock, TopicId } from '@poruch/base'
import { systemRandom } from '@poruch/crypto/sign'
import type { SigningKey } from '@poruch/crypto/sign'
import type { Settings } from '../config.ts'
import { openRelayCore } from '../core/relay-core.ts'
import type { RelayCore } from '../core/ports.ts'
import { openDataFolder } from '../data-folder.ts'
import type { DataFolder } from '../data-folder.ts'
import { makeAddresses } from './addresses.ts'
import { makeApi } from './api.ts'
import { makeAudit } from './audit.ts'
import type { Audit } from './audit.ts'
import { openCollab } from './collab.ts'
import { makeDoor } from './door.ts'
import type { Door } from './door.ts'
import { makeHeaders } from './headers.ts'
import { makeLatePeers } from './late-peers.ts'
import { makeListener } from './listener.ts'
import type { Listener } from './listener.ts'
import type { Note } from './log-lines.ts'
import { makeMetrics } from './metrics.ts'
import type { Metrics } from './metrics.ts'
import { makeMonitor } from './monitor.ts'
import { localOrigins, makeOrigins } from './origins.ts'
import { attach } from './routes.ts'
import { peerIdOf } from './peer-id.ts'
import { quickSuite } from './quick-suite.ts'
import { readStaticFiles } from './static-files.ts'

export interface RunningRelay {
  /** Where people reach it. */
  readonly url: string
  /** The one-time link while no workspace was created, else null. */
  readonly setupLink: string | null
  /** Reads the certificate again; when that fails, the old one stays, and the lines say so. */
  reload(): void
  /** Closes sockets, waits for commits, closes the database. */
  stop(): Promise<void>
}

/** What tests set otherwise. */
export interface Surroundings {
  readonly clock?: Clock
}

/** @throws RelayError | RelayLogError */
export async function startRelay(settings: Settings, note: Note, { clock = systemClock }: Surroundings = {}): Promise<RunningRelay> {
  const folder = openDataFolder(settings.data, systemRandom)
  const listener = makeListener(settings)
  const { server } = listener
  const counted = makeCounted({ clock, devices: settings.devicesPerAddress })
  const log = await openSqliteRelayLog({ path: folder.database, onCommit: counted.onCommit, onLost: counted.onLost })
  try {
    const audit = makeAudit({ log, clock, note })
    const opened = await open({ settings, folder, log, clock, note, audit, listener, counted })
    audit.write('started', { detail: ownVersion() })
    return {
      url: opened.url,
      setupLink: opened.setupLink,
      reload: () => reload(listener, { note, audit }),
      stop: async () => {
        const closed = new Promise((resolve) => server.close(resolve))
        await opened.hangUp()
        server.closeAllConnections()
        await closed
        audit.write('stopped')
        await audit.flush()
        await log.close()
        note('stopped')
      },
    }
  } catch (thrown) {
    server.close()
    await log.close()
    throw thrown
  }
}

interface OpenParts {
  readonly settings: Settings
  readonly folder: DataFolder
  readonly log: SqliteRelayLog
  readonly clock: Clock
  readonly note: Note
  readonly audit: Audit
  readonly listener: Listener
  readonly counted: Counted
}

interface Opened extends Pick<RunningRelay, 'url' | 'setupLink'> {
  hangUp(): Promise<void>
}

/** Listens once the core has all of its logs, and answers from then on. */
async function open(parts: OpenParts): Promise<Opened> {
  const { settings, folder, log, clock, note, audit, listener, counted } = parts
  const sequencerKey = await quickSuite().signingKeyFromSeed(folder.sequencerSeed)
  const core = await openCore(parts, sequencerKey)
  counted.watch(core)
  const port = await listener.listen()
  const scheme = settings.tlsCert === null ? 'http' : 'https'
  const url = settings.url ?? `${scheme}://localhost:${port}`
  const peers = makeLatePeers({ seed: folder.peerSeed, url, allow: core.isTransportKey }, note)
  core.onOrdered(peers.sweep)
  const { door, metrics } = counted
  const { counts, probe } = log
  const collab = openCollab({ core, clock, note })
  const files = readStaticFiles(settings.client)
  const monitor = makeMonitor({ clock, metrics, version: ownVersion(), token: settings.metricsToken, probe, counts })
  const known = [url, ...settings.origins, ...localOrigins(port, scheme)]
  const relay = { key: toHex(sequencerKey.publicKey), peer: await peerIdOf(folder.peerSeed) }
  const api = makeApi({ core, note, door, monitor, meter: metrics, audit, relay })
  const addresses = makeAddresses(settings.trustedProxy)
  const origins = makeOrigins({ known, trustHost: !isLoopback(settings.host) })
  const protect = makeHeaders({ url, hasTrustedTypes: files.hasTrustedTypes })
  attach(listener.server, { addresses, origins, api, protect, meter: metrics, door, files, monitor, collab, peers, note })
  note('started', { port, files: files.count })
  return {
    url,
    setupLink: core.setupOpen() ? `${url}/#setup/${toBase64Url(folder.setupSecret)}` : null,
    hangUp: async () => {
      core.close()
      collab.close()
      await peers.close()
    },
  }
}

async function openCore({ settings, folder, log, clock, note, audit, counted }: OpenParts, sequencerKey: SigningKey): Promise<RelayCore> {
  return openRelayCore({
    log,
    suite: quickSuite(),
    clock,
    random: systemRandom,
    sequencerKey,
    setup: folder.setupSecret,
    note,
    audit: audit.write,
    meter: counted.metrics,
    usage: log.usage,
    holes: log.holes,
    quotas: { deviceBytes: settings.deviceQuotaMiB * 2 ** 20, accountBytes: settings.accountQuotaMiB * 2 ** 20 },
  })
}

interface Counted {
  readonly door: Door
  readonly metrics: Metrics
  onCommit(commit: { readonly writes: number; readonly durationMs: number }): void
  onLost(topic: TopicId): void
  /** Shows the core's sessions, too. */
  watch(core: RelayCore): void
}

/** The door and the numbers exist before the core: its database counts from the first commit on. */
function makeCounted({ clock, devices }: { clock: Clock; devices: number }): Counted {
  const door = makeDoor({ clock, devices })
  const startedMs = clock.now()
  let core: RelayCore | null = null
  const metrics = makeMetrics([
    { name: 'sockets', help: 'Open sockets', read: door.sockets },
    { name: 'sessions', help: 'Connected device sessions', read: () => core?.connected() ?? 0 },
    { name: 'uptime_seconds', help: 'Time since the start', read: () => Math.max(0, (clock.now() - startedMs) / 1000) },
    { name: 'memory_bytes', help: 'Resident memory', read: () => process.memoryUsage.rss() },
  ])
  return {
    door,
    metrics,
    onCommit: ({ writes, durationMs }) => {
      metrics.count('commits')
      metrics.observe('commit_writes', writes)
      metrics.observe('commit_seconds', durationMs / 1000)
    },
    onLost: (topic) => {
      metrics.count('lost')
      core?.askFor(topic)
    },
    watch: (opened) => {
      core = opened
    },
  }
}

function reload(listener: Listener, { note, audit }: { note: Note; audit: Audit }): void {
  try {
    listener.reload()
    note('certificate-read')
    audit.write('certificate-read')
  } catch (thrown) {
    note('certificate-not-read', { code: codeOf(thrown) })
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}
