/** Starts the relay: settings in, one address out, and a clear line when it cannot be. */
import { codeOf, systemClock } from '@poruch/base'
import { keepCompiled, useCompiled } from './compiled-code.ts'
import { helpText, readSettings } from './config.ts'
import type { Settings } from './config.ts'
import { makeNote } from './server/log-lines.ts'
import type { Note } from './server/log-lines.ts'
import type { RunningRelay } from './server/serve.ts'

const note = makeNote(systemClock, (line) => process.stdout.write(line))

silenceLibraries(note)

try {
  const args = process.argv.slice(2)
  const settings = args[0] === 'verify-audit' ? null : readSettings(args, process.env)
  if (args[0] === 'verify-audit') {
    const { verifyAudit } = await import('./verify-audit.ts')
    process.stdout.write(`${await verifyAudit(args.slice(1), process.env)}\n`)
  } else if (settings) announce(await start(settings))
  else process.stdout.write(helpText)
} catch (thrown) {
  process.stderr.write(`${lineOf(thrown)}\n`)
  process.exitCode = codeOf(thrown) === 'bad-settings' ? 2 : 1
}

/** What is large is loaded once it is known where its compiled form may be kept. */
async function start(settings: Settings): Promise<RunningRelay> {
  useCompiled(settings.data)
  const { startRelay } = await import('./server/serve.ts')
  return startRelay(settings, note)
}

/** Libraries print what strangers sent and who sent it; only that they had something to say is kept, and bounded like all lines. */
function silenceLibraries(to: Note): void {
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) console[method] = () => to('library', { method })
}

function announce(relay: RunningRelay): void {
  watchFaults(note)
  stopOnSignals(relay)
  process.stdout.write(`Poruch is ready: ${relay.url}\n`)
  if (relay.setupLink) process.stdout.write(`Create the workspace here, once: ${relay.setupLink}\n`)
  keepCompiled()
}

/** A CodedError's message begins with its code. */
function lineOf(thrown: unknown): string {
  return thrown instanceof Error && codeOf(thrown) !== 'unexpected' ? thrown.message : `unexpected: ${String(thrown)}`
}

/** What nobody caught is a fault of this program: it is noted by name and place, and the relay goes on. */
function watchFaults(to: Note): void {
  const place = (thrown: unknown): string =>
    thrown instanceof Error ? (thrown.stack ?? '').split('\n').slice(1, 4).join(' ').replaceAll(/\s+/gu, ' ') : ''
  const onFault = (thrown: unknown): void =>
    to('uncaught', { error: thrown instanceof Error ? thrown.name : typeof thrown, code: codeOf(thrown), place: place(thrown) })
  process.on('uncaughtException', onFault)
  process.on('unhandledRejection', onFault)
}

function stopOnSignals(relay: RunningRelay): void {
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    relay.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', relay.reload)
}
