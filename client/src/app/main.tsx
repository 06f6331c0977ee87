/** The page's entry: renders the app and, once that is done, installs the service worker. */
import { createSignal } from 'solid-js'
import { render } from 'solid-js/web'
import { App } from './App.tsx'
import type { Device } from './device.ts'
import { installWorker } from './install-worker.ts'
import './app.css'

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')
const [onUpdate, setOnUpdate] = createSignal<(() => void) | null>(null)
// A chunk of its own: the shell is on the screen while the device below it is still loading.
const boot = async (): Promise<Device> => (await import('./boot.ts')).boot()
render(() => <App boot={boot} onUpdate={onUpdate()} />, root)
if (import.meta.env.PROD) void installWorker((update) => setOnUpdate(() => update))
