/** Gathers what comes while others are under way, so that many share one transaction and one wait for the disk. */

/** Jobs in one group: few enough that the first of them do not wait long for the last. */
const maxGroupJobs = 256

interface Asked<Job, Answer> {
  readonly job: Job
  resolve(answer: Answer): void
  reject(reason: unknown): void
}

/**
 * Takes jobs in order and runs them in groups, one group after another; what comes within one task goes together. When a group fails as
 * a whole, each of its jobs is run alone: one that cannot be done takes no other with it. How many wait is bounded by who asks: each
 * topic of the engine above has one job under way at a time.
 */
export function makeGroups<Job, Answer>(run: (group: readonly Job[]) => Promise<readonly Answer[]>): (job: Job) => Promise<Answer> {
  const waiting: Asked<Job, Answer>[] = []
  let isRunning = false
  const runAll = async (): Promise<void> => {
    while (waiting.length > 0) await runGroup(run, waiting.splice(0, maxGroupJobs))
    isRunning = false
  }
  return (job) =>
    new Promise((resolve, reject) => {
      waiting.push({ job, resolve, reject })
      if (isRunning) return
      isRunning = true
      queueMicrotask(() => void runAll())
    })
}

async function runGroup<Job, Answer>(
  run: (group: readonly Job[]) => Promise<readonly Answer[]>,
  group: readonly Asked<Job, Answer>[],
): Promise<void> {
  try {
    const answers = await run(group.map(({ job }) => job))
    for (const [index, { resolve }] of group.entries()) resolve(answers[index] as Answer)
  } catch (thrown) {
    if (group.length === 1) return group[0]?.reject(thrown)
    for (const one of group) await runGroup(run, [one])
  }
}
