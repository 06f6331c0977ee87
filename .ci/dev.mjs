// `npm run dev`: the relay, restarted on change, and Vite's dev server, which passes the relay's paths on to it.
// `npm run dev -- --demo`: the same over a folder of its own that holds the demo company, gone at the end.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const url = 'http://127.0.0.1:5173'
/** Editors write a file in several steps. */
const settleMs = 200

// Not `node --watch`: it makes worker threads post their imports to their owners, among the owners' own messages.
const demoFolder = process.argv.includes('--demo') ? mkdtempSync(join(tmpdir(), 'poruch-demo-')) : null
const given = process.argv.slice(2).filter((arg) => arg !== '--demo')
const relayArgs = ['relay/src/main.ts', '--url', url, ...(demoFolder === null ? [] : ['--data', demoFolder]), ...given]
/** @type {import('node:child_process').ChildProcess | undefined} */
let demo
const startRelay = () => {
  const child = spawn('node', relayArgs, { stdio: ['inherit', 'pipe', 'inherit'] })
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk)
    const [, link] = /(http\S+#setup\/\S+)/u.exec(String(chunk)) ?? []
    if (demoFolder !== null && link !== undefined)
      demo ??= spawn('node', ['packages/testkit/src/demo/main.ts', '--setup', link], { stdio: 'inherit' })
  })
  return child
}
let relay = startRelay()
/** @type {NodeJS.Timeout | undefined} */
let settling
const restartRelay = () => {
  const ending = relay
  const restart = () => {
    if (relay === ending) relay = startRelay()
  }
  if (ending.exitCode !== null || ending.signalCode !== null) restart()
  else ending.once('exit', restart).kill('SIGTERM')
}
for (const folder of ['relay/src', 'packages']) {
  watch(folder, { recursive: true }, (_event, name) => {
    if (!name?.endsWith('.ts') || name.endsWith('.test.ts')) return
    clearTimeout(settling)
    settling = setTimeout(restartRelay, settleMs)
  })
}

const vite = spawn('vite', ['--host', '127.0.0.1', '--port', '5173', '--strictPort'], { stdio: 'inherit' })
vite.on('exit', (code) => {
  demo?.kill('SIGTERM')
  relay.kill('SIGTERM')
  if (demoFolder !== null) rmSync(demoFolder, { recursive: true, force: true })
  process.exit(code ?? 1)
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vite.kill('SIGTERM'))
