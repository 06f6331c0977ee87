/** B16: documents committed and opened in a real browser's IndexedDB, beside y-indexeddb. */
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright'
import { onPage, withoutBrowser } from './browser-page.ts'
import type { PageBench, Timing } from './browser/page.ts'
import { figure, inTurns, pairedRatio } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'

interface Size {
  readonly documents: number
}

/** As times as fast: the ratio is theirs over ours. */
const target: Target = { text: '≥3x y-indexeddb', least: 3 }
const entry = fileURLToPath(new URL('browser/page.ts', import.meta.url))

export const localStore = defineRow<Size>({
  id: 'B16',
  title: 'local commit and open in Chromium',
  sizes: { full: { documents: 500 }, tiny: { documents: 3 } },
  measure,
})

async function measure({ size, pairs }: Plan<Size>): Promise<readonly BenchRecord[]> {
  const records = await onPage({ entry }, async (page) => measureIn(page, size.documents, pairs))
  return records ?? [withoutBrowser({ id: 'B16', unit: 'ms', target })]
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
