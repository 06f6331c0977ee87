/** A Redis of its own for a measurement: on loopback, each write on the disk before its answer. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from '../kill9/relay-process.ts'

export interface RunningRedis {
  client(): Redis
  stop(): Promise<void>
}

const command = 'redis-server'
const installer = 'apt-get'
const maxStartMs = 10_000
const lookMs = 50
const maxAptMs = 120_000

/** Null where there is none, and none may or can be installed. */
export async function startRedis(folder: string, options: { readonly mayInstall: boolean }): Promise<RunningRedis | null> {
  if (!isInstalled() && !(options.mayInstall && install())) return null
  const port = await freePort()
  const args = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always']
  const child = spawn(command, args.map(String), { stdio: 'ignore' })
  const ended = once(child, 'close')
  const clients = new Set<Redis>()
  const client = (): Redis => {
    const made = new Redis({
      port,
      host: '127.0.0.1',
      lazyConnect: true,
      retryStrategy: () => lookMs,
      maxRetriesPerRequest: maxStartMs / lookMs,
    })
    made.on('error', () => undefined) // it is asked again until the server listens
    clients.add(made)
    return made
  }
  const first = client()
  await Promise.race([first.ping(), delay(maxStartMs, null, { ref: false }).then(() => Promise.reject(new Error('Redis does not start')))])
  return {
    client,
    stop: async () => {
      for (const one of clients) one.disconnect()
      child.kill('SIGTERM')
      await ended
    },
  }
}

function isInstalled(): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
}

/** From Debian, where that is allowed. */
function install(): boolean {
  if (process.getuid?.() !== 0) return false
  const options = { stdio: 'ignore', timeout: maxAptMs, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const
  spawnSync(installer, ['update', '-qq'], options)
  spawnSync(installer, ['install', '-y', '-qq', '--no-install-recommends', command], options)
  return isInstalled()
}
