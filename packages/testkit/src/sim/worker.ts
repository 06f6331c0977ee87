/** One thread of a run: schedules come in by seed, outcomes go out. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Scenario } from './scenario.ts'
import { runSchedule } from './schedule.ts'

const port = parentPort
if (!port) throw new Error('this file is the entry of a thread')
const scenario = workerData as Scenario
port.on('message', (seed: number) => {
  void runSchedule({ seed, scenario }).then((outcome) => {
    port.postMessage(outcome)
  })
})
