/** B16: documents committed and opened in a real browser's IndexedDB, beside y-indexeddb. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import type { Page } from 'playwright'
import { build } from 'vite'
import { chromiumArgs, findChromium } from '../../../../.ci/chromium.mjs'
import type { PageBench, Timing } from './browser/page.ts'
import { figure, inTurns, pairedRatio } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

interface Size {
  readonly documents: number
}

/** As times as fast: the ratio is theirs over ours. */
const target: Target = { text: '≥3x y-indexeddb', least: 3 }
const entry = fileURLToPath(new URL('browser/page.ts', import.meta.url))
const script = 'page.js'

export const localStore = defineRow<Size>({
  id: 'B16',
  title: 'local commit and open in Chromium',
  sizes: { full: { documents: 500 }, tiny: { documents: 3 } },
  measure: async (plan) => inTemporaryFolder(async (folder) => measure(plan, folder)),
})

async function measure({ size, pairs }: Plan<Size>, folder: string): Promise<readonly BenchRecord[]> {
  const executablePath = await findChromium()
  if (executablePath === null) return [missing('no Chromium')]
  await build({
    configFile: false,
    logLevel: 'silent',
    build: { outDir: folder, minify: false, target: 'es2023', rolldownOptions: { input: entry, output: { entryFileNames: script } } },
  })
  const server = await serve(folder)
  const browser = await chromium.launch({ executablePath, args: chromiumArgs })
  try {
    const page = await browser.newPage()
    await page.goto(addressOf(server))
    await page.waitForFunction(() => 'bench' in globalThis)
    return await measureIn(page, size.documents, pairs)
  } finally {
    await browser.close()
    server.close()
  }
}

async function measureIn(page: Page, documents: number, pairs: number): Promise<readonly BenchRecord[]> {
  const timings: Record<keyof PageBench, Timing[]> = { ours: [], yIndexedDb: [] }
  const trial = (name: keyof PageBench) => async (): Promise<number> => {
    const timing = await page.evaluate(async ([which, count]) => (globalThis as unknown as { bench: PageBench }).bench[which](count), [
      name,
      documents,
    ] as const)
    timings[name].push(timing)
    return timing.commitMs
  }
  await inTurns(pairs, { ours: trial('ours'), yIndexedDb: trial('yIndexedDb') })
  return (['commitMs', 'openMs'] as const).map((what) => {
    const [ours, theirs] = [timings.ours, timings.yIndexedDb].map((list) => list.map((timing) => timing[what])) as [number[], number[]]
    const ratio = pairedRatio(theirs, ours)
    return {
      id: 'B16',
      work: `${documents} documents, ${what === 'commitMs' ? 'a message durable in each' : 'all opened again'}, Chromium`,
      ours: figure('sealed log', 'ms', ours),
      peers: [figure('y-indexeddb', 'ms', theirs)],
      limit: null,
      ratio,
      target: target.text,
      met: isMet(ratio, target),
    }
  })
}

function missing(why: string): BenchRecord {
  const none = { name: 'sealed log', median: 0, low: 0, high: 0, unit: 'ms', trials: 0 }
  return { id: 'B16', work: `not run: ${why}`, ours: none, peers: [], limit: null, ratio: 0, target: target.text, met: false }
}

/** One page with one script, on loopback: IndexedDB and WebCrypto need an origin. */
async function serve(folder: string): Promise<Server> {
  const code = await readFile(join(folder, script))
  const server = createServer((request, response) => {
    const isScript = request.url === `/${script}`
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? code : `<!doctype html><script type="module" src="/${script}"></script>`)
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
