/** A page of the benchmarks, built beside the app: fills a device with chats, or shows the same app over a device that holds none. */
import type { Replica } from '@poruch/replica'
import { render } from 'solid-js/web'
import { App } from '../app/App.tsx'
import { loadLanguage, startLanguage } from '../app/i18n.ts'
import { makeOpenDevice, makePlainDevice, workspaceOf } from './people.ts'
import '../app/app.css'

// As the app's own page does: at once, beside the language.
const booting = import('../app/boot.ts')
await loadLanguage(startLanguage())

/** The app with all its code, and nothing to open. */
function showShell(): void {
  const device = makeOpenDevice(makePlainDevice({ name: 'member' }, workspaceOf()))
  const boot = async () => {
    await booting
    return device
  }
  const root = document.getElementById('root')
  if (root) render(() => <App boot={boot} />, root)
}

async function openBlank(): Promise<Replica> {
  const device = await (await booting).boot()
  const state = device.state.read()
  if (state.name !== 'open') throw new Error('the device is not open')
  return state.replica
}

async function isConnected({ connection }: Replica): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (connection.read().relay.state === 'connected') resolve()
    }
    connection.subscribe(look)
    look()
  })
}

/** A workspace with as many channels, and some messages in each. */
async function fill(options: { setupSecret: string; chats: number; messages: number }): Promise<void> {
  const replica = await openBlank()
  await replica.createWorkspace({ name: 'Acme', displayName: 'Alice', origin: location.origin, setupSecret: options.setupSecret })
  await replica.wordsWritten()
  await isConnected(replica)
  for (let n = 0; n < options.chats; n++) {
    const id = await replica.createChannel(`Channel ${String(n).padStart(4, '0')}`)
    for (let m = 0; m < options.messages; m++) await replica.send(id, `Message ${m} of channel ${n}: see you at the station at nine`)
  }
  await replica.close()
}

if (location.hash === '#shell') showShell()
else Object.assign(globalThis, { bench: { fill } })
