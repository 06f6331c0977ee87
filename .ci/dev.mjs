// `npm run dev`: the relay, restarted on change, and Vite's dev server, which passes the relay's paths on to it.
import { spawn } from 'node:child_process'
import { watch } from 'node:fs'

const url = 'http://127.0.0.1:5173'
/** Editors write a file in several steps. */
const settleMs = 200

// Not `node --watch`: it makes worker threads post their imports to their owners, among the owners' own messages.
const startRelay = () => spawn('node', ['relay/src/main.ts', '--url', url, ...process.argv.slice(2)], { stdio: 'inherit' })
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
  relay.kill('SIGTERM')
  process.exit(code ?? 1)
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vite.kill('SIGTERM'))
