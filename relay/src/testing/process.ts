/** Runs the relay as its own process, for tests. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface RelayProcess {
  readonly child: ChildProcess
  /** All that it wrote so far. */
  output(): string
  errors(): string
  /** Resolves with the match when standard output has it; rejects when the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** The exit code, or the signal's name. */
  readonly ended: Promise<number | string>
}

export function startRelayProcess(args: readonly string[], env: Readonly<Record<string, string>> = {}): RelayProcess {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  const looks = new Set<() => void>()
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
    for (const look of looks) look()
  })
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')))
  const ended = new Promise<number | string>((resolve) => child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown')))
  return {
    child,
    output: () => output,
    errors: () => errors,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output)
          if (!found) return
          looks.delete(look)
          resolve(found)
        }
        looks.add(look)
        look()
        void ended.then((code) => reject(new Error(`ended with ${code}: ${errors}`)))
      }),
  }
}
