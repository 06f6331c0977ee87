/** B5: what a thousand chats take in a browser's memory while they are open, beside the same content in bare Yjs documents. */
import { fileURLToPath } from 'node:url'
import type { CDPSession, Page } from 'playwright'
import type { MemoryBench } from './browser/memory-page.ts'
import { onPage, withoutBrowser } from './browser-page.ts'
import { figure, inTurns, pairedRatio } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'

interface Size {
  readonly chats: number
  readonly messages: number
}

const target: Target = { text: '≤1.5x bare Yjs', most: 1.5 }
const entry = fileURLToPath(new URL('browser/memory-page.ts', import.meta.url))
const megabyteBytes = 1_000_000

export const openChats = defineRow<Size>({
  id: 'B5',
  title: 'memory of open chats in Chromium',
  sizes: { full: { chats: 1000, messages: 50 }, tiny: { chats: 3, messages: 5 } },
  measure,
})

async function measure(plan: Plan<Size>): Promise<readonly BenchRecord[]> {
  const records = await onPage({ entry }, async (page) => measureIn(page, plan))
  return records ?? [withoutBrowser({ id: 'B5', unit: 'MB', target })]
}

async function measureIn(page: Page, { size, pairs }: Plan<Size>): Promise<readonly BenchRecord[]> {
  const browser = await page.context().newCDPSession(page)
  await page.evaluate(async (wanted) => (globalThis as unknown as { bench: MemoryBench }).bench.fill(wanted), size)
  const trial = (name: 'openOurs' | 'openYjs') => async (): Promise<number> => {
    const before = await heldBytes(browser)
    await page.evaluate(async (which) => (globalThis as unknown as { bench: MemoryBench }).bench[which](), name)
    const after = await heldBytes(browser)
    await page.evaluate(async () => (globalThis as unknown as { bench: MemoryBench }).bench.drop())
    return (after - before) / megabyteBytes
  }
  // The first opening also makes what stays: compiled code, keys that are kept.
  await trial('openOurs')()
  await trial('openYjs')()
  const taken = await inTurns(pairs, { ours: trial('openOurs'), yjs: trial('openYjs') })
  const ratio = pairedRatio(taken.ours, taken.yjs)
  return [
    {
      id: 'B5',
      work: `${size.chats} chats of ${size.messages} messages, open: log, document and messages in order, Chromium`,
      ours: figure('open chats', 'MB', taken.ours),
      peers: [figure('bare Yjs', 'MB', taken.yjs)],
      limit: null,
      ratio,
      target: target.text,
      met: isMet(ratio, target),
    },
  ]
}

/** What the page's objects and buffers take once nothing is left of what was let go. */
async function heldBytes(browser: CDPSession): Promise<number> {
  // What finalizers let go in the first round goes in the second.
  for (let round = 0; round < 2; round++) await browser.send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize } = (await browser.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number }
  return usedSize + (backingStorageSize ?? 0)
}
