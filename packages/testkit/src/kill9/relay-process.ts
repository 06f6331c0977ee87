/** The relay as its admin runs it: a process of its own, on loopback, over a folder of its own, killed and started as often as one likes. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { until } from './patience.ts'

export const relayMain = fileURLToPath(new URL('../../../../relay/src/main.ts', import.meta.url))
/** Output that is kept for those who look for words in it; what came first is given up. */
const maxOutputCharacters = 4 * 1024 * 1024

export interface RelayProcess {
  /** Where people reach it. */
  readonly origin: string
  readonly dataFolder: string
  /** What it has printed, over all its runs. */
  output(): string
  /** The one-time link that it prints while there is no workspace. @throws Error when it prints none within a minute */
  setupLink(): Promise<string>
  /** Resolves when it says that it is ready. @throws Error when it ends before, with all that this run has printed */
  start(): Promise<void>
  /** SIGKILL, and its end. */
  kill(): Promise<void>
  /** SIGTERM, and its end; answers the exit code. */
  stop(): Promise<number | null>
}

export interface RelayProcessOptions {
  readonly dataFolder: string
  /** The built app; without it the relay serves none. */
  readonly clientFolder?: string
  /** What runs; the product's own start file unless a bug is to be planted. */
  readonly entry?: string
  /** Where people reach it when that is not its own port. */
  readonly url?: string
  /** Absent, a free one. */
  readonly port?: number
}

interface Run {
  readonly child: ChildProcess
  readonly ready: Promise<void>
  readonly ended: Promise<number | null>
}

/** A relay that has not been started yet. */
export async function makeRelayProcess(options: RelayProcessOptions): Promise<RelayProcess> {
  const port = options.port ?? (await freePort())
  const args = argumentsOf(options, port)
  let printed = ''
  let run: Run | null = null
  const print = (text: string): void => {
    printed = (printed + text).slice(-maxOutputCharacters)
  }
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    const ending = run
    run = null
    ending?.child.kill(signal)
    return ending ? ending.ended : null
  }
  return {
    origin: options.url ?? `http://localhost:${port}`,
    dataFolder: options.dataFolder,
    output: () => printed,
    setupLink: async () => {
      const linkOf = (): string | undefined => /(http:\/\/\S+#setup\/\S+)\n/u.exec(printed)?.[1]
      await until('the relay prints a setup link', () => linkOf() !== undefined)
      return linkOf() ?? ''
    },
    start: async () => {
      if (run) throw new Error('the relay runs already')
      run = startRun(args, print)
      await run.ready
    },
    kill: async () => {
      await end('SIGKILL')
    },
    stop: async () => end('SIGTERM'),
  }
}

function argumentsOf({ entry, dataFolder, clientFolder, url }: RelayProcessOptions, port: number): readonly string[] {
  const client = clientFolder === undefined ? [] : ['--client', clientFolder]
  return [entry ?? relayMain, '--port', String(port), '--data', dataFolder, ...client, ...(url === undefined ? [] : ['--url', url])]
}

function startRun(args: readonly string[], print: (text: string) => void): Run {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  // However this process ends, none is left behind.
  const killIt = (): void => void child.kill('SIGKILL')
  process.once('exit', killIt)
  child.once('close', () => process.removeListener('exit', killIt))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  let own = ''
  const ready = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      const text = chunk.toString('utf8')
      own += own.length < maxOutputCharacters ? text : ''
      print(text)
      if (/^Poruch is ready: .*\n/mu.test(own)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    void ended.then((code) => reject(new Error(`the relay ended with ${code}:\n${own}`)))
  })
  // Whoever kills it while it starts does not wait for it.
  ready.catch(() => undefined)
  return { child, ready, ended }
}

/** A port of loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
