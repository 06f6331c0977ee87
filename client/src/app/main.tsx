/** The page's entry: renders the app and, once that is done, installs the service worker. */
import { createSignal } from 'solid-js'
import { render } from 'solid-js/web'
import { App } from './App.tsx'
import { boot } from './boot.ts'
import { installWorker } from './install-worker.ts'
import './app.css'

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')
const [onUpdate, setOnUpdate] = createSignal<(() => void) | null>(null)
render(() => <App boot={boot} onUpdate={onUpdate()} />, root)
if (import.meta.env.PROD) void installWorker((update) => setOnUpdate(() => update))
