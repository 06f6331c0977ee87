/** Runs schedules side by side, one thread per core; each schedule is the same as alone. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Scenario } from './scenario.ts'
import type { Outcome } from './schedule.ts'

/** Each holds a heap of its own. */
const maxThreads = 8
/** A schedule makes much that dies young: with Node's 16 MB a tenth of the time goes into collecting it. */
const youngGenerationMegabytes = 64

export interface ThreadedRun {
  readonly seeds: readonly number[]
  readonly scenario: Scenario
  /** Hears each outcome as it comes, in any order of seeds. */
  onOutcome(outcome: Outcome): void
}

/** The outcomes in order of seeds. @throws whatever ends a thread */
export async function runInThreads({ seeds, scenario, onOutcome }: ThreadedRun): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  const left = seeds.values()
  const runThread = async (): Promise<void> => {
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: scenario,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMegabytes },
    })
    try {
      for (let next = left.next(); !next.done; next = left.next()) {
        const outcome = await askThread(worker, next.value)
        outcomes.push(outcome)
        onOutcome(outcome)
      }
    } finally {
      await worker.terminate()
    }
  }
  const threads = Math.min(availableParallelism(), maxThreads, seeds.length)
  await Promise.all(Array.from({ length: threads }, runThread))
  return outcomes.toSorted((a, b) => a.seed - b.seed)
}

async function askThread(worker: Worker, seed: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (outcome: Outcome) => {
      worker.off('error', reject)
      resolve(outcome)
    })
    worker.postMessage(seed)
  })
}
