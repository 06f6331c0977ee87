/** Runs the tests of one package of a tree, up to the first that fails. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

export interface SuiteResult {
  /** `hung`: stopped at the limit. */
  readonly end: 'green' | 'red' | 'hung'
  readonly ms: number
  /** The first failing test, or the end of the output where none is named. */
  readonly first: string
}

export interface SuiteOptions {
  /** The package's folder. */
  readonly name: string
  readonly limitMs: number
  readonly signal: AbortSignal
}

/** Characters kept of a run's output. */
const maxOutputLength = 65_536
/** Of it, what is shown where no test is named. */
const maxExcerptLength = 500
const settings = ['--bail', '1', '--maxWorkers', '1', '--no-isolate', '--reporter', 'dot']

/** @throws the signal's reason when it is aborted */
export async function runSuite(root: string, { name, limitMs, signal }: SuiteOptions): Promise<SuiteResult> {
  signal.throwIfAborted()
  const startMs = performance.now()
  const command = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...settings, `packages/${name}/src`]
  // A group of its own, so that its workers end with it.
  const child = spawn(process.execPath, command, { cwd: root, detached: true, env: { ...process.env, NO_COLOR: '1', CI: 'true' } })
  let output = ''
  let failed: string | undefined
  const take = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-maxOutputLength)
    failed ??= /^\s*FAIL\s+(.+)$/mu.exec(output)?.[1]
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const limit = AbortSignal.timeout(Math.ceil(limitMs))
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }
  for (const each of [limit, signal]) each.addEventListener('abort', stop)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  for (const each of [limit, signal]) each.removeEventListener('abort', stop)
  signal.throwIfAborted()
  const end = code === 0 ? 'green' : limit.aborted ? 'hung' : 'red'
  return { end, ms: performance.now() - startMs, first: failed ?? output.trimEnd().slice(-maxExcerptLength) }
}
