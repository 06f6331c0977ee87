/** Runs tests of one tree, up to the first that fails or all of them, in a process that is kept for the next run. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'

/** A test file, whole or the tests of which the full name fits. */
export interface ChosenTests {
  /** From the tree's root. */
  readonly path: string
  /** Of a regular expression. */
  readonly pattern?: string
}

export interface SuiteQuestion {
  readonly tests: readonly ChosenTests[]
  /** Sources that are not as they were in the run before, from the tree's root. */
  readonly changed: readonly string[]
  /** Whether to stop at the first that fails. */
  readonly bail: boolean
}

/** What the process says: the names of what failed. */
export interface SuiteAnswer {
  readonly failed: readonly string[]
}

export interface SuiteResult {
  /** `hung`: stopped at the limit. */
  readonly end: 'green' | 'red' | 'hung'
  readonly ms: number
  readonly failed: readonly string[]
}

export interface Suite {
  /** @throws the signal's reason when it is aborted; Error when the process does not start */
  run(question: SuiteQuestion, limitMs: number): Promise<SuiteResult>
  close(): void
}

const child = join(import.meta.dirname, 'suite-child.ts')
/** Of the process itself, on a loaded machine. */
const startLimitMs = 120_000

export function openSuite(root: string, signal: AbortSignal): Suite {
  let running: ChildProcess | null = null
  const close = (): void => {
    // A group of its own, so that its workers end with it.
    if (running?.pid !== undefined && running.exitCode === null) process.kill(-running.pid, 'SIGKILL')
    running = null
  }
  const start = async (): Promise<ChildProcess> => {
    running = fork(child, [root], { cwd: root, detached: true, stdio: 'ignore', env: { ...process.env, NO_COLOR: '1', CI: 'true' } })
    if ((await heard(running, startLimitMs, signal)) !== 'ready') throw new Error('Vitest does not start')
    return running
  }
  return {
    run: async (question, limitMs) => {
      signal.throwIfAborted()
      try {
        const process = running ?? (await start())
        const startMs = performance.now()
        process.send(question)
        const answer = await heard(process, limitMs, signal)
        const ms = performance.now() - startMs
        if (answer === null) close()
        if (answer === null || typeof answer === 'string') return { end: 'hung', ms, failed: [] }
        return { end: answer.failed.length === 0 ? 'green' : 'red', ms, failed: answer.failed }
      } catch (thrown) {
        close()
        throw thrown
      }
    },
    close,
  }
}

/** The next message; null when none comes in time. @throws Error when the process ends; the signal's reason */
async function heard(from: ChildProcess, limitMs: number, signal: AbortSignal): Promise<SuiteAnswer | 'ready' | null> {
  const ended = new AbortController()
  const limit = setTimeout(() => ended.abort(), limitMs)
  try {
    return await new Promise((resolve, reject) => {
      from.once('message', (message) => resolve(message as SuiteAnswer | 'ready'))
      from.once('exit', () => reject(new Error('the process of the tests has ended by itself')))
      from.once('error', reject)
      ended.signal.addEventListener('abort', () => resolve(null))
      signal.addEventListener('abort', () => reject(signal.reason as Error), { signal: ended.signal })
    })
  } finally {
    clearTimeout(limit)
    from.removeAllListeners()
    ended.abort()
  }
}
