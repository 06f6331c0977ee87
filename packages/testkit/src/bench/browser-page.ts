/** Pages that rows measure in: built by Vite, served on loopback, opened in Chromium. */
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { extname, join } from 'node:path'
import { chromium } from 'playwright'
import type { Page } from 'playwright'
import type { PluginOption } from 'vite'
import { build } from 'vite'
import { chromiumArgs, findChromium } from '../../../../.ci/chromium.mjs'
import type { BenchRecord, Target } from './record.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

export interface PageOptions {
  /** The script of the page; it puts what is to be called into `globalThis.bench`. */
  readonly entry: string
  readonly plugins?: readonly PluginOption[]
}

const script = 'page.js'
const mimeTypes: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' }

/** Null where there is no Chromium. IndexedDB and WebCrypto need an origin, which the page has. */
export async function onPage<T>({ entry, plugins = [] }: PageOptions, work: (page: Page) => Promise<T>): Promise<T | null> {
  const executablePath = await findChromium()
  if (executablePath === null) return null
  return inTemporaryFolder(async (folder) => {
    await build({
      configFile: false,
      root: folder,
      publicDir: false,
      logLevel: 'silent',
      plugins: [...plugins],
      build: {
        outDir: folder,
        emptyOutDir: false,
        minify: false,
        target: 'es2023',
        rolldownOptions: { input: entry, output: { entryFileNames: script, codeSplitting: false } },
      },
    })
    const server = await serve(folder)
    const browser = await chromium.launch({ executablePath, args: [...chromiumArgs, '--js-flags=--expose-gc'] })
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
      await openBench(page, addressOf(server))
      return await work(page)
    } finally {
      await browser.close()
      server.close()
    }
  })
}

/** Loads the page, anew if it was there before: nothing of what was measured in it is left. */
export async function openBench(page: Page, address = page.url()): Promise<void> {
  await page.goto(address)
  await page.waitForFunction(() => 'bench' in globalThis)
}

/** The record of a row that has no browser to run in. */
export function withoutBrowser({ id, unit, target }: { id: string; unit: string; target: Target }): BenchRecord {
  const none = { name: 'not run', median: 0, low: 0, high: 0, unit, trials: 0 }
  return { id, work: 'not run: no Chromium', ours: none, peers: [], limit: null, ratio: 0, target: target.text, met: false }
}

async function serve(folder: string): Promise<Server> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const files = new Map(
    await Promise.all(
      names.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name)
        return [path.slice(folder.length), await readFile(path)] as const
      }),
    ),
  )
  const styles = [...files.keys()].filter((path) => path.endsWith('.css')).map((path) => `<link rel="stylesheet" href="${path}">`)
  const page = `<!doctype html><html lang="en">${styles.join('')}<div id="root"></div><script type="module" src="/${script}"></script>`
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const file = files.get(path)
    response.setHeader('content-type', file ? (mimeTypes[extname(path)] ?? 'application/octet-stream') : 'text/html')
    response.end(file ?? page)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function addressOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}/`
}
