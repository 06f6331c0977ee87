// Runs before every npm script that needs node_modules, on any Node >= 18, with no dependency.
//   node .ci/setup.mjs             installs node_modules when missing or not what the lockfile says
//   node .ci/setup.mjs --chromium  also installs a Chromium where there is none; what needs it says so if that fails
//   node .ci/setup.mjs --stamp     called by `postinstall`: notes that the patches of this checkout are applied
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium } from './chromium.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** @param {string[]} p */
const at = (...p) => join(root, ...p)
const stampFile = at('node_modules', '.patches-applied')

function patchesHash() {
  const hash = createHash('sha256')
  for (const name of existsSync(at('patches')) ? readdirSync(at('patches')).sort() : []) {
    hash.update(name).update(readFileSync(at('patches', name)))
  }
  return hash.digest('hex')
}

/** Why node_modules cannot be used, or null. */
function stale() {
  if (!existsSync(at('node_modules', '.package-lock.json'))) return 'node_modules is missing'
  const want = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages
  const have = JSON.parse(readFileSync(at('node_modules', '.package-lock.json'), 'utf8')).packages
  for (const [path, pkg] of Object.entries(want)) {
    if (path === '' || !path.includes('node_modules/') || pkg.link) continue
    const got = have[path]
    if (!got && (pkg.optional || pkg.devOptional || pkg.peer)) continue
    if (!got || got.version !== pkg.version || got.integrity !== pkg.integrity) return `${path} is not ${pkg.version}`
  }
  for (const path of Object.keys(have)) if (!want[path]) return `${path} is not in the lockfile`
  if (!existsSync(at('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')))
    return 'the node runtime is missing'
  return null
}

function patched() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === patchesHash()
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env })
  if (error) throw error
  return status ?? 1
}

function installPackages() {
  let why = stale()
  if (!why && patched()) return
  // Patches alone are missing: apply them; where older ones are in the way, start from clean packages.
  if (!why && run(process.execPath, [at('node_modules', 'patch-package', 'index.js'), '--error-on-fail']) === 0) {
    writeFileSync(stampFile, patchesHash())
    return
  }
  why ??= 'the patches have changed'
  console.log(`setup: ${why}; running npm ci (once, about a minute)`)
  // Never run npm by the Node inside node_modules, which npm ci is about to delete.
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' }
  env['PATH'] = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((p) => !p.includes(join('node_modules', '.bin')))
    .join(delimiter)
  // --ignore-scripts, then the two scripts we want: npm 10 knows no allowScripts, and npm ci would run an implicit
  // `node-gyp rebuild` for better-sqlite3, which downloads headers from nodejs.org.
  const cli = process.env['npm_execpath']
  const node = process.env['npm_node_execpath']
  /** @param {string[]} args */
  const npm = (...args) => (cli && node ? run(node, [cli, ...args], env) : run('npm', args, env))
  const quiet = ['--no-fund', '--no-audit', '--loglevel=error']
  const status = npm('ci', '--ignore-scripts', ...quiet) || npm('rebuild', 'node', ...quiet) || npm('run', 'postinstall', '--silent')
  if (status !== 0) process.exit(status)
  const still = stale() ?? (patched() ? null : 'the patches are not applied')
  if (still) {
    console.error(`setup: after npm ci ${still}`)
    process.exit(1)
  }
}

async function installChromium() {
  if (await findChromium()) return
  const root = process.getuid?.() === 0
  if (root && existsSync('/usr/bin/apt-get')) {
    console.log('setup: no Chromium; installing it with apt-get')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    if (run('apt-get', ['update', '-qq'], env) === 0) run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], env)
  } else {
    console.log('setup: no Chromium; asking Playwright for one')
    run(process.execPath, [at('node_modules', 'playwright', 'cli.js'), 'install', 'chromium'])
  }
  if (await findChromium()) return
  console.error(
    'setup: no Chromium. Install one (Debian: sudo apt-get install chromium; elsewhere: npx playwright install chromium) or set CHROMIUM=/path/to/it',
  )
}

if (process.argv.includes('--stamp')) writeFileSync(stampFile, patchesHash())
else {
  installPackages()
  if (process.argv.includes('--chromium')) await installChromium()
}
