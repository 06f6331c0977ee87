/** Runs in a process of its own: keeps Vitest warm over one tree, and runs what it is asked for. */
import { join } from 'node:path'
import { createVitest } from 'vitest/node'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import type { SuiteAnswer, SuiteQuestion } from './suite.ts'

const [root = ''] = process.argv.slice(2)
/** Characters of an error: whoever reads a fate wants to know where to look. */
const maxErrorLength = 500
let failed: string[] = []
let isBail = true

const note = (name: string): void => {
  failed.push(name)
  // What is left is not run; what the run has under way ends first.
  if (isBail) void vitest.cancelCurrentRun('test-failure')
}
const reporter: Reporter = {
  onTestCaseResult: (test: TestCase) => {
    if (test.result().state === 'failed') note(`${test.module.relativeModuleId} > ${test.fullName}`)
  },
  onTestModuleEnd: (module: TestModule) => {
    const [error] = module.errors()
    if (error) note(`${module.relativeModuleId}: ${error.message.slice(0, maxErrorLength)}`)
  },
  onTestSuiteResult: (suite) => {
    const [error] = suite.errors()
    if (error) note(`${suite.module.relativeModuleId} > ${suite.fullName}: ${error.message.slice(0, maxErrorLength)}`)
  },
  onTestRunEnd: (_, errors) => {
    for (const { message } of errors) failed.push(`beside the tests: ${message.slice(0, maxErrorLength)}`)
  },
}
const vitest = await createVitest({
  root,
  config: join(root, 'vitest.config.js'),
  watch: false,
  maxWorkers: 1,
  isolate: false,
  reporters: [reporter],
})
await vitest.standalone()
const project = vitest.getRootProject()

process.on('message', ({ tests, changed, bail }: SuiteQuestion) => {
  failed = []
  isBail = bail
  for (const path of changed) vitest.invalidateFile(join(root, path))
  const specifications = tests.map(({ path, pattern }) =>
    project.createSpecification(join(root, path), pattern === undefined ? undefined : { testNamePattern: new RegExp(pattern, 'u') }),
  )
  const answer = (error?: unknown): void => {
    if (error !== undefined) failed.push(String(error))
    process.send?.({ failed } satisfies SuiteAnswer)
  }
  vitest.runTestSpecifications(specifications).then(() => answer(), answer)
})
process.send?.('ready')
