/** The relay as its admin runs it: a process of its own, on loopback, over a folder of its own. */
import { expect } from '@playwright/test'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../relay/src/main.ts', import.meta.url))
const clientFolder = fileURLToPath(new URL('../dist', import.meta.url))
const readyTimeoutMs = 30_000

export interface RelayProcess {
  readonly origin: string
  readonly dataFolder: string
  /** All that it has printed since the first start. */
  output(): string
  /** The one-time link that it prints. */
  setupLink(): Promise<string>
  /** SIGKILL, and its end. */
  kill(): Promise<void>
  start(): Promise<void>
  /** SIGTERM, and its end; answers the exit code. */
  stop(): Promise<number | null>
}

/** A started relay on a free port. */
export async function startRelay(dataFolder: string): Promise<RelayProcess> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  let printed = ''
  let child: ChildProcess | null = null

  const start = async (): Promise<void> => {
    const from = printed.length
    const started = spawn(process.execPath, [main, '--port', String(port), '--data', dataFolder, '--client', clientFolder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`the relay is not ready:\n${printed.slice(from)}`))
      }, readyTimeoutMs)
      const hear = (chunk: Buffer): void => {
        printed += chunk.toString('utf8')
        if (!printed.slice(from).includes('Poruch is ready')) return
        clearTimeout(timer)
        resolve()
      }
      started.stdout.on('data', hear)
      started.stderr.on('data', hear)
      started.once('exit', (code) => {
        clearTimeout(timer)
        reject(new Error(`the relay ended with ${code}:\n${printed.slice(from)}`))
      })
    })
  }
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    const ending = child
    child = null
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return null
    const ended = once(ending, 'exit')
    ending.kill(signal)
    const [code] = (await ended) as [number | null]
    return code
  }

  await start()
  return {
    origin,
    dataFolder,
    output: () => printed,
    setupLink: async () => {
      const linkOf = (): string | undefined => /http:\/\/\S+#setup\/\S+/u.exec(printed)?.[0]
      await expect.poll(linkOf, { message: 'the relay prints a setup link' }).toBeTruthy()
      return linkOf() ?? ''
    },
    kill: async () => {
      await end('SIGKILL')
    },
    start,
    stop: async () => end('SIGTERM'),
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
