/** scroll: a conversation of 100,000 messages, up and down, beside the bare virtual list over the same texts. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright'
import solid from 'vite-plugin-solid'
import { onPage, openBench, withoutBrowser } from './browser-page.ts'
import { figure, inTurns, median, pairedRatio } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'

interface Size {
  readonly messages: number
  /** Frames in each direction. */
  readonly steps: number
  /** Messages that come above what is read. */
  readonly grown: number
}

interface ScrollTiming {
  readonly fps: number
  readonly longestTaskMs: number
}

/** As the page of the client has it. */
interface ScrollBench {
  ours(messages: number, steps: number): Promise<ScrollTiming>
  bare(messages: number, steps: number): Promise<ScrollTiming>
  drift(messages: number, grown: number): Promise<number>
}

const speed: Target = { text: '≥0.9x the bare virtual list', least: 0.9 }
const longestTaskMs = 100
const smooth: Target = { text: `≤${longestTaskMs} ms, the longest task`, most: 1 }
const still: Target = { text: '≤0 px, drift when earlier messages come', most: 0 }
const root = fileURLToPath(new URL('../../../..', import.meta.url))
const entry = join(root, 'client/src/testing/scroll-page.tsx')

export const scroll = defineRow<Size>({
  id: 'scroll',
  title: 'a long conversation, up and down',
  sizes: { full: { messages: 100_000, steps: 240, grown: 500 }, tiny: { messages: 500, steps: 5, grown: 10 } },
  measure,
})

async function measure(plan: Plan<Size>): Promise<readonly BenchRecord[]> {
  const records = await onPage({ entry, plugins: [solid()] }, async (page) => measureIn(page, plan))
  return records ?? [withoutBrowser({ id: 'scroll', unit: 'frames/s', target: speed })]
}

async function measureIn(page: Page, { size, pairs }: Plan<Size>): Promise<readonly BenchRecord[]> {
  const { messages, steps, grown } = size
  const longest: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] }
  const trial = (name: 'ours' | 'bare') => async (): Promise<number> => {
    await openBench(page)
    const timing = await page.evaluate(
      async ([which, count, frames]) => (globalThis as unknown as { bench: ScrollBench }).bench[which](count, frames),
      [name, messages, steps] as const,
    )
    longest[name].push(timing.longestTaskMs)
    return timing.fps
  }
  const fps = await inTurns(pairs, { ours: trial('ours'), bare: trial('bare') })
  const drifts: number[] = []
  for (let round = 0; round < pairs; round++) {
    await openBench(page)
    drifts.push(
      await page.evaluate(async ([count, more]) => (globalThis as unknown as { bench: ScrollBench }).bench.drift(count, more), [
        messages,
        grown,
      ] as const),
    )
  }
  const work = `${messages} messages of 3–92 words, ${steps} frames up and ${steps} down, Chromium`
  const ratio = pairedRatio(fps.ours, fps.bare)
  const ofLongest = median(longest.ours) / longestTaskMs
  const driftPx = Math.max(...drifts)
  return [
    {
      id: 'scroll',
      work,
      ours: figure('conversation', 'frames/s', fps.ours),
      peers: [figure('bare virtual list', 'frames/s', fps.bare)],
      limit: null,
      ratio,
      target: speed.text,
      met: isMet(ratio, speed),
    },
    {
      id: 'scroll',
      work: `${work}: the longest task (0: none over 50 ms)`,
      ours: figure('conversation', 'ms', longest.ours),
      peers: [figure('bare virtual list', 'ms', longest.bare)],
      limit: null,
      ratio: ofLongest,
      target: smooth.text,
      met: isMet(ofLongest, smooth),
    },
    {
      id: 'scroll',
      work: `${grown} messages come above what is read in the middle of ${messages}`,
      ours: figure('conversation', 'px', drifts),
      peers: [],
      limit: null,
      ratio: driftPx,
      target: still.text,
      met: isMet(driftPx, still),
    },
  ]
}
