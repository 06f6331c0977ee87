/** B1: typing a long paper through documents and sealed batches, beside bare Yjs, Automerge and Loro. */
import { setImmediate } from 'node:timers/promises'
import * as Automerge from '@automerge/automerge'
import { LoroDoc } from 'loro-crdt'
import * as Y from 'yjs'
import { makeBenchTeam } from './device.ts'
import { figure, inTurns, pairedRatio } from './pairs.ts'
import type { Samples } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'
import { readTrace, textOf } from './trace.ts'
import type { Edit } from './trace.ts'

interface Size {
  readonly edits: number
  /** Automerge takes so long that it types the beginning only; its speed does not rise later. */
  readonly slow: number
}

/** Updates on their way to the log; below the engine's own bound. */
const maxUnwritten = 4_000
/** What the writing side does at least as often as people see it. */
const yieldMs = 50
const name = 'text'

const beside: Target = { text: '≥0.7x bare Yjs', least: 0.7 }
const automerge: Target = { text: '≥5x Automerge', least: 5 }

export const editingTrace = defineRow<Size>({
  id: 'B1',
  title: 'editing trace',
  sizes: { full: { edits: 259_778, slow: 20_000 }, tiny: { edits: 300, slow: 100 } },
  measure: async ({ size, pairs }: Plan<Size>) => {
    const trace = readTrace(size.edits)
    if ('missing' in trace) return [missing(trace.missing)]
    const { edits } = trace
    const timed =
      (work: (edits: readonly Edit[]) => Promise<string>, typed = edits, text = textOf(typed)) =>
      async (): Promise<number> => {
        const startMs = performance.now()
        const result = await work(typed)
        const seconds = (performance.now() - startMs) / 1000
        if (result !== text) throw new Error('the text is not that of the trace')
        return typed.length / seconds
      }
    const samples = await inTurns(pairs, {
      ours: timed(typeOurs),
      yjs: timed(typeYjs),
      automerge: timed(typeAutomerge, edits.slice(0, size.slow)),
      loro: timed(typeLoro),
    })
    return [beside, automerge].map((target) => recordOf({ edits: edits.length, slow: size.slow }, samples, target))
  },
})

type Name = 'ours' | 'yjs' | 'automerge' | 'loro'

function recordOf({ edits, slow }: Size, samples: Samples<Name>, target: Target): BenchRecord {
  const ratio = pairedRatio(samples.ours, target === beside ? samples.yjs : samples.automerge)
  const of = (label: string, values: readonly number[]) => figure(label, 'edits/s', values)
  return {
    id: 'B1',
    work: `${edits} edits, one transaction each, through documents and sealed 50 ms batches to a log in memory`,
    ours: of('sealed', samples.ours),
    peers: [of('bare Yjs', samples.yjs), of(`Automerge (first ${slow})`, samples.automerge), of('Loro', samples.loro)],
    limit: null,
    ratio,
    target: target.text,
    met: isMet(ratio, target),
  }
}

function missing(where: string): BenchRecord {
  const none = { name: 'sealed', median: 0, low: 0, high: 0, unit: 'edits/s', trials: 0 }
  return { id: 'B1', work: `not run: ${where}`, ours: none, peers: [], limit: null, ratio: 0, target: beside.text, met: false }
}

async function typeOurs(edits: readonly Edit[]): Promise<string> {
  const team = makeBenchTeam()
  const { sync, documents } = await team.join()
  const [topic] = team.topics
  if (!topic) throw new Error('no topic')
  await sync.openTopic(topic)
  const unwritten: Promise<unknown>[] = []
  let yieldedMs = performance.now()
  for (const [position, deleted, inserted] of edits) {
    const { n, update } = await documents.edit(topic, (doc) => change(doc.getText(name), position, deleted, inserted))
    unwritten.push(sync.write(topic, n, update))
    if (unwritten.length >= maxUnwritten) await Promise.all(unwritten.splice(0))
    else if (performance.now() - yieldedMs > yieldMs) {
      await setImmediate()
      yieldedMs = performance.now()
    }
  }
  await Promise.all(unwritten)
  const text = documents.get(topic).getText(name).toString()
  await sync.close()
  return text
}

/** As a provider would use it: each edit's update is made, and kept for whoever sends it. */
async function typeYjs(edits: readonly Edit[]): Promise<string> {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const text = doc.getText(name)
  for (const [position, deleted, inserted] of edits) doc.transact(() => change(text, position, deleted, inserted))
  return Promise.resolve(text.toString())
}

function change(text: Y.Text, position: number, deleted: number, inserted: string): void {
  if (deleted > 0) text.delete(position, deleted)
  if (inserted !== '') text.insert(position, inserted)
}

async function typeAutomerge(edits: readonly Edit[]): Promise<string> {
  let doc = Automerge.from({ text: '' })
  for (const [position, deleted, inserted] of edits) {
    doc = Automerge.change(doc, (draft) => Automerge.splice(draft, ['text'], position, deleted, inserted))
  }
  return Promise.resolve(doc.text)
}

async function typeLoro(edits: readonly Edit[]): Promise<string> {
  const doc = new LoroDoc()
  const updates: Uint8Array[] = []
  doc.subscribeLocalUpdates((update) => updates.push(update))
  const text = doc.getText(name)
  for (const [position, deleted, inserted] of edits) {
    if (deleted > 0) text.delete(position, deleted)
    if (inserted !== '') text.insert(position, inserted)
    doc.commit()
  }
  return Promise.resolve(text.toString())
}
