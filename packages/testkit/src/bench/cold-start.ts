/** B11: from a start without any network to the list of 500 chats, beside the same app that has nothing to open. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import type { BrowserContext, Page } from 'playwright'
import { build } from 'vite'
import { chromiumArgs, findChromium } from '../../../../.ci/chromium.mjs'
import { makeRelayProcess } from '../kill9/relay-process.ts'
import { withoutBrowser } from './browser-page.ts'
import { figure, inTurns, median, pairedRatio } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

interface Size {
  readonly chats: number
  readonly messages: number
}

interface Start {
  /** From the navigation to the frame in which a screenful of the list, or all of it, is painted with its titles. */
  readonly shownMs: number
  readonly largestPaintMs: number
}

const beside: Target = { text: '≤1.5x the empty shell', most: 1.5 }
const largestPaintMaxMs = 1000
const paint: Target = { text: `≤${largestPaintMaxMs} ms to the largest paint`, most: 1 }
const root = fileURLToPath(new URL('../../../..', import.meta.url))
/** What a sidebar shows without scrolling. */
const screenful = 20

export const coldStart = defineRow<Size>({
  id: 'B11',
  title: 'offline cold start to the chat list in Chromium',
  sizes: { full: { chats: 500, messages: 2 }, tiny: { chats: 3, messages: 1 } },
  measure: async (plan) => inTemporaryFolder(async (folder) => measure(plan, folder)),
})

async function measure(plan: Plan<Size>, folder: string): Promise<readonly BenchRecord[]> {
  const executablePath = await findChromium()
  if (executablePath === null) return [withoutBrowser({ id: 'B11', unit: 'ms', target: beside })]
  const clientFolder = join(folder, 'client')
  await buildApp(clientFolder)
  const profile = join(folder, 'profile')
  const open = async (): Promise<BrowserContext> =>
    chromium.launchPersistentContext(profile, {
      executablePath,
      args: chromiumArgs,
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
    })
  const relay = await makeRelayProcess({ dataFolder: join(folder, 'relay'), clientFolder })
  await relay.start()
  try {
    await fillProfile(open, await relay.setupLink(), plan.size)
  } finally {
    await relay.kill()
  }
  return measureStarts(open, relay.origin, plan)
}

/** The product's build, with one more page; also where a test runner has set another environment. */
async function buildApp(outDir: string): Promise<void> {
  const { NODE_ENV } = process.env
  process.env['NODE_ENV'] = 'production'
  await build({
    configFile: join(root, 'vite.config.ts'),
    root: join(root, 'client'),
    logLevel: 'silent',
    build: {
      outDir,
      emptyOutDir: true,
      rolldownOptions: { input: { index: join(root, 'client/index.html'), bench: join(root, 'client/bench.html') } },
    },
  }).finally(() => {
    if (NODE_ENV === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = NODE_ENV
  })
}

async function fillProfile(open: () => Promise<BrowserContext>, setupLink: string, size: Size): Promise<void> {
  const { origin, hash } = new URL(setupLink)
  const context = await open()
  try {
    const page = await context.newPage()
    await page.goto(`${origin}/bench.html`)
    await page.waitForFunction(() => 'bench' in globalThis)
    await page.evaluate(
      async (options) => (globalThis as unknown as { bench: { fill(options: unknown): Promise<void> } }).bench.fill(options),
      { setupSecret: hash.replace(/^#setup\//u, ''), ...size },
    )
    // The worker comes with the app's own page, and keeps all its files.
    await page.goto(origin)
    await page.evaluate(async () => navigator.serviceWorker.ready)
  } finally {
    await context.close()
  }
}

async function measureStarts(
  open: () => Promise<BrowserContext>,
  origin: string,
  { size, pairs }: Plan<Size>,
): Promise<readonly BenchRecord[]> {
  const paints: Record<'ours' | 'shell', number[]> = { ours: [], shell: [] }
  const trial = (name: 'ours' | 'shell', path: string, rows: number) => async (): Promise<number> => {
    const context = await open()
    try {
      const start = await startOnce(await context.newPage(), `${origin}${path}`, rows)
      paints[name].push(start.largestPaintMs)
      return start.shownMs
    } finally {
      await context.close()
    }
  }
  const shown = await inTurns(pairs, {
    ours: trial('ours', '/', Math.min(size.chats, screenful)),
    shell: trial('shell', '/bench.html#shell', 1),
  })
  const ratio = pairedRatio(shown.ours, shown.shell)
  const ofPaint = median(paints.ours) / largestPaintMaxMs
  const work = `${size.chats} chats, no network, a browser that was not running`
  return [
    {
      id: 'B11',
      work: `${work}: the list is painted`,
      ours: figure('app', 'ms', shown.ours),
      peers: [figure('empty shell', 'ms', shown.shell)],
      limit: null,
      ratio,
      target: beside.text,
      met: isMet(ratio, beside),
    },
    {
      id: 'B11',
      work: `${work}: the largest paint`,
      ours: figure('app', 'ms', paints.ours),
      peers: [figure('empty shell', 'ms', paints.shell)],
      limit: null,
      ratio: ofPaint,
      target: paint.text,
      met: isMet(ofPaint, paint),
    },
  ]
}

/** Both are started by the worker, out of what it keeps. */
async function startOnce(page: Page, url: string, rows: number): Promise<Start> {
  await page.addInitScript((wanted) => {
    const seen = { shownMs: 0, largestPaintMs: 0 }
    Object.assign(globalThis, { seen })
    new PerformanceObserver((list) => {
      seen.largestPaintMs = list.getEntries().at(-1)?.startTime ?? 0
    }).observe({ type: 'largest-contentful-paint', buffered: true })
    const watch = new MutationObserver(() => {
      const titles = [...document.querySelectorAll('.conversations .side-link-text')].slice(0, wanted)
      if (titles.length < wanted || titles.some(({ textContent }) => textContent.trim() === '')) return
      watch.disconnect()
      requestAnimationFrame(() => {
        setTimeout(() => {
          seen.shownMs = performance.now()
        })
      })
    })
    watch.observe(document, { childList: true, subtree: true, characterData: true })
  }, rows)
  await page.goto(url)
  await page.waitForFunction(() => (globalThis as unknown as { seen: Start }).seen.shownMs > 0, undefined, { polling: 200 })
  // The largest paint may come after it.
  await page.waitForTimeout(1000)
  return page.evaluate(() => (globalThis as unknown as { seen: Start }).seen)
}
