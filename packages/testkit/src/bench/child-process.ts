/** Servers of peers as processes of their own, and what a process has used. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface ChildServer {
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
}

/** Starts a file of this folder; it prints its port as its first line. */
export async function startServer(file: string, args: readonly string[] = []): Promise<ChildServer> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const first = await Promise.race([once(child.stdout, 'data'), ended.then(() => null)])
  const port = Number(String(first?.[0] ?? '').split('\n')[0])
  if (!first || !Number.isInteger(port) || child.pid === undefined) throw new Error(`${file} does not start`)
  return {
    pid: child.pid,
    port,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Linux counts in hundredths of a second. */
const tickMs = 10
const kibibyte = 1024

/** Milliseconds of all cores that a process has used so far. Linux only. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /u, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickMs
}

/** The largest resident size that a process has had, in bytes. Linux only. */
export function peakBytesOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * kibibyte
}

/** The child of this process that was started with this argument. @throws Error when there is none */
export function childWith(argument: string): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/u.test(name)) continue
    try {
      const isChild =
        readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /u, '')
          .split(' ')[1] === String(process.pid)
      if (isChild && readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(argument)) return Number(name)
    } catch {
      // it has ended meanwhile
    }
  }
  throw new Error(`no child was started with ${argument}`)
}

/** The resident size of a process now, in bytes. Linux only. */
export function residentBytesOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * kibibyte
}
