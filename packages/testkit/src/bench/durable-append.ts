/** B6: durable appends at the RelayLog port with many writers, beside Redis and the bare disk. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteRelayLog } from '@poruch/adapters-node'
import type { Commit } from '@poruch/adapters-node'
import { idFromBytes } from '@poruch/base'
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { systemRandom } from '@poruch/crypto'
import { figure, inTurns, median, pairedRatio } from './pairs.ts'
import type { Samples, Trial } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { startRedis } from './redis.ts'
import type { RunningRedis } from './redis.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

interface Size {
  readonly writers: number
  /** Of each writer, one after the other. */
  readonly appends: number
  /** Whether Redis may be installed for it: never by a test. */
  readonly mayInstall: boolean
}

const envelopeSizeBytes = 309
const writersPerTopic = 5
const perSecond = 'appends/s'
const noRedis = 'redis-server is not installed (Debian: apt-get install redis-server)'

const besideRedis: Target = { text: '≥1x Redis `appendfsync always`', least: 1 }
const besideDisk: Target = { text: '≥0.8x raw fdatasync at equal group size', least: 0.8 }

export const durableAppend = defineRow<Size>({
  id: 'B6',
  title: 'durable append',
  sizes: { full: { writers: 50, appends: 60, mayInstall: true }, tiny: { writers: 3, appends: 2, mayInstall: false } },
  measure: async (plan) => inTemporaryFolder(async (folder) => measure(plan, folder)),
})

async function measure({ size, pairs }: Plan<Size>, folder: string): Promise<readonly BenchRecord[]> {
  const redis = await startRedis(folder, size)
  const groups: number[] = []
  let opened = 0
  const ours: Trial = async () => appendOurs(join(folder, `relay-${opened++}.db`), size, ({ writes }) => groups.push(writes))
  const disk: Trial = async () =>
    appendRaw(join(folder, 'raw'), size, Math.max(1, Math.round(groups.length > 0 ? median(groups) : size.writers)))
  try {
    const samples = await inTurns(pairs, { ours, redis: async () => (redis ? appendRedis(redis, size) : Number.NaN), disk })
    return [besideRedis, besideDisk].map((target) => recordOf({ size, samples, target, hasRedis: redis !== null, group: median(groups) }))
  } finally {
    await redis?.stop()
  }
}

function recordOf(outcome: {
  size: Size
  samples: Samples<'ours' | 'redis' | 'disk'>
  target: Target
  hasRedis: boolean
  group: number
}): BenchRecord {
  const { size, samples, target, hasRedis, group } = outcome
  const ratio = target === besideRedis ? (hasRedis ? pairedRatio(samples.ours, samples.redis) : 0) : pairedRatio(samples.ours, samples.disk)
  return {
    id: 'B6',
    work: `${size.writers} writers, each its next envelope of ${envelopeSizeBytes} bytes after the answer; groups of ${group}`,
    ours: figure('SQLite log', perSecond, samples.ours),
    peers: [hasRedis ? figure('Redis', perSecond, samples.redis) : { name: 'Redis', missing: noRedis }],
    limit: figure('fdatasync', perSecond, samples.disk),
    ratio,
    target: target.text,
    met: isMet(ratio, target),
  }
}

/** All writers together, by the second. */
async function rateOf({ writers, appends }: Size, append: (writer: number, index: number) => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let index = 0; index < appends; index++) await append(writer, index)
    }),
  )
  return (1000 * writers * appends) / (performance.now() - startMs)
}

async function appendOurs(path: string, size: Size, onCommit: (commit: Commit) => void): Promise<number> {
  const log = await openSqliteRelayLog({ path, onCommit })
  const topics = Array.from({ length: Math.ceil(size.writers / writersPerTopic) }, () => idFromBytes<'topic'>(systemRandom.bytes(32)))
  const devices = Array.from({ length: size.writers }, () => idFromBytes<'device'>(systemRandom.bytes(32)))
  const rate = await rateOf(size, async (writer, index) => {
    const appended = await log.append({
      topic: topics[writer % topics.length] as TopicId,
      id: idFromBytes<'envelope'>(systemRandom.bytes(32)) as EnvelopeId,
      device: devices[writer] as DeviceId,
      deviceSeq: index + 1,
      bytes: systemRandom.bytes(envelopeSizeBytes),
    })
    if (!appended.ok) throw new Error(appended.reason)
  })
  await log.close()
  return rate
}

/** One connection each, as that many writers have. */
async function appendRedis(redis: RunningRedis, size: Size): Promise<number> {
  const clients = Array.from({ length: size.writers }, () => redis.client())
  await Promise.all(clients.map(async (client) => client.ping()))
  const rate = await rateOf(size, async (writer) =>
    clients[writer]?.rpush(`topic-${Math.floor(writer / writersPerTopic)}`, Buffer.from(systemRandom.bytes(envelopeSizeBytes))),
  )
  for (const client of clients) client.disconnect()
  return rate
}

/** The same bytes in groups of that size: one write and one flush for each group. */
async function appendRaw(path: string, { writers, appends }: Size, group: number): Promise<number> {
  const file = openSync(path, 'a')
  const bytes = new Uint8Array(group * envelopeSizeBytes)
  const rounds = Math.ceil((writers * appends) / group)
  const startMs = performance.now()
  for (let round = 0; round < rounds; round++) {
    writeSync(file, bytes)
    fdatasyncSync(file)
  }
  const seconds = (performance.now() - startMs) / 1000
  closeSync(file)
  return Promise.resolve((rounds * group) / seconds)
}
