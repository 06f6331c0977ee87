// Runs every part of `npm test`, goes on after a failing one, and sums all tests of all parts in one closing line.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { findChromium } from './chromium.mjs'

/** `names`: what failed, where the runner tells. @typedef {{ passed: number, failed: number, skipped: number, names?: string[] }} Counts */

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const reports = '.reports'
const strict = process.env['CI'] === 'true'
/** Planted bugs, each with as many schedules as find it at least twice. */
const bugs = /** @type {const} */ ([
  ['ack-before-commit', 22],
  ['no-cut', 8],
  ['no-deps', 6],
  ['no-client-id-guard', 6],
  ['no-signature-check', 6],
  ['no-epoch-rotation', 7],
  ['first-branch', 5],
  ['no-epoch-skip', 15],
  ['write-behind', 8],
  ['no-seeding', 19],
])

/** @type {(Counts & { name: string, seconds: number })[]} */
const results = []
const onePassed = { passed: 1, failed: 0, skipped: 0 }
const oneFailed = { passed: 0, failed: 1, skipped: 0 }
/** What cannot run here: a failure in CI, a skip on a person's machine. */
const oneMissing = strict ? oneFailed : { passed: 0, failed: 0, skipped: 1 }

/**
 * Runs an npm script without its pre-script (`pretest` has done the set-up). Its output streams through.
 * @param {string} script
 * @param {string[]} [args]
 * @param {Record<string, string>} [env]
 * @returns {Promise<{ ok: boolean, lastLine: string }>}
 */
function npmRun(script, args = [], env = {}) {
  return new Promise((resolve) => {
    const command = ['run', script, '--silent', '--ignore-scripts', '--', ...args]
    const child = spawn('npm', command, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    let tail = ''
    child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
      process.stdout.write(chunk)
      tail = (tail + chunk.toString('utf8')).slice(-4096)
    })
    child.on('error', (error) => {
      console.error(String(error))
      resolve({ ok: false, lastLine: '' })
    })
    child.on('close', (code) => resolve({ ok: code === 0, lastLine: tail.trimEnd().split('\n').at(-1) ?? '' }))
  })
}

/**
 * @param {string} name
 * @param {() => Promise<Counts>} run
 */
async function part(name, run) {
  console.log(`\n== ${name}`)
  const startMs = Date.now()
  const counts = await run()
  results.push({ name, seconds: Math.round((Date.now() - startMs) / 1000), ...counts })
}

/** @param {string} script @param {string[]} [args] */
const oneTest = async (script, args) => ((await npmRun(script, args)).ok ? onePassed : oneFailed)

/** @param {string} name */
const report = (name) => {
  try {
    return JSON.parse(readFileSync(join(root, reports, name), 'utf8'))
  } catch {
    return null // the part died before it could write one
  }
}

/**
 * A part that failed as a whole (a file that cannot be loaded, an unhandled error) counts as one failed test at least.
 * @param {boolean} ok
 * @param {Counts | null} counts
 * @returns {Counts}
 */
const honest = (ok, counts) =>
  counts && (ok || counts.failed > 0) ? counts : { ...(counts ?? onePassed), passed: counts?.passed ?? 0, failed: 1 }

/** @param {string} script */
async function vitest(script) {
  const file = `${script.replace(':', '-')}.json`
  const { ok } = await npmRun(script, ['--reporter=default', '--reporter=json', `--outputFile.json=${join(root, reports, file)}`])
  const json = report(file)
  const counts = json && { passed: json.numPassedTests, failed: json.numFailedTests, skipped: json.numPendingTests + json.numTodoTests }
  return honest(ok, counts && { ...counts, names: failedInVitest(json) })
}

/** @param {any} json Vitest's report. @returns {string[]} */
const failedInVitest = (json) =>
  json.testResults.flatMap((/** @type {any} */ file) => [
    ...(file.status === 'failed' && file.assertionResults.length === 0 ? [file.name.slice(root.length + 1)] : []),
    ...file.assertionResults.flatMap((/** @type {any} */ test) => (test.status === 'failed' ? [test.fullName] : [])),
  ])

/** @param {any} suite A suite of Playwright's report. @returns {string[]} */
const failedInPlaywright = (suite) => {
  const runs = (suite.specs ?? []).flatMap((/** @type {any} */ { title, tests }) =>
    tests.flatMap((/** @type {any} */ test) => test.results.map((/** @type {any} */ { error }) => ({ title, error }))),
  )
  const failed = runs.flatMap((/** @type {any} */ { title, error }) => (error ? [`${title}: ${plain(error.message ?? '')}`] : []))
  return [...failed, ...(suite.suites ?? []).flatMap(failedInPlaywright)]
}

/** The beginning of an error, on one line. @param {string} text */
const plain = (text) => stripVTControlCharacters(text).replaceAll(/\s+/gu, ' ').slice(0, 600)

async function e2e() {
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: join(root, reports, 'e2e.json') }
  const { ok } = await npmRun('e2e', ['--reporter=list,json'], env)
  const json = report('e2e.json')
  const stats = json?.stats
  // A flaky test is a broken test.
  const counts = stats && { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped }
  return honest(ok, counts && { ...counts, names: failedInPlaywright(json) })
}

async function sim() {
  const { ok, lastLine } = await npmRun('sim', ['--schedules', '500', '--seed', '1', '--byzantine'])
  return ok && lastLine === '500 schedules, 0 divergent, 0 acknowledged lost, 0 unauthorised accepted' ? onePassed : oneFailed
}

/** The checker is checked: with this bug planted the simulator must find failing seeds. @param {string} bug @param {number} schedules */
async function simRed(bug, schedules) {
  const { ok, lastLine } = await npmRun('sim', ['--schedules', String(schedules), '--seed', '1', '--plant', bug])
  return !ok && / schedules, [1-9]\d* failing: seeds \d/u.test(lastLine) ? onePassed : oneFailed
}

/** The attacks that share one workspace; the whole of it is `npm run hostile-relay`. */
async function hostileRelay() {
  const { ok, lastLine } = await npmRun('hostile-relay', ['--quick'])
  return ok && /^\d+ attacks × 2 \(relay checks on, off\): [1-9]\d* held, 0 broken$/u.test(lastLine) ? onePassed : oneFailed
}

/** @param {string} what @param {boolean} there @param {string} lost */
async function needs(what, there, lost) {
  if (!there) console.log(`${what} is missing: ${lost}`)
  return there ? onePassed : oneMissing
}

rmSync(join(root, reports), { recursive: true, force: true })
mkdirSync(join(root, reports))

const hasChromium = (await findChromium()) !== null
const hasNetwork = Object.values(networkInterfaces()).some((addresses) => addresses?.some((address) => !address.internal))

await part('a browser', () => needs('Chromium', hasChromium, 'browser tests and e2e cannot run'))
await part('a network interface beside loopback', () => needs('It', hasNetwork, 'two browsers find no direct path'))
await part('check', () => oneTest('check'))
await part('unit', () => vitest('test:unit'))
if (hasChromium) await part('browser', () => vitest('test:browser'))
await part('sim', sim)
for (const [bug, schedules] of bugs) await part(`sim, planted ${bug}`, () => simRed(bug, schedules))
await part('hostile relay', hostileRelay)
await part('build', () => oneTest('build'))
if (hasChromium) await part('e2e', e2e)
await part('size', () => oneTest('size'))

console.log()
for (const { name, seconds, passed, failed, skipped, names = [] } of results) {
  console.log(
    `${failed > 0 ? 'FAILED' : skipped > 0 ? 'skipped' : 'ok'}  ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`,
  )
  for (const failure of names) console.log(`        ${failure}`)
}
/** @param {'passed' | 'failed' | 'skipped'} key */
const sum = (key) => results.reduce((total, result) => total + result[key], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`)
process.exitCode = sum('failed') > 0 ? 1 : 0
