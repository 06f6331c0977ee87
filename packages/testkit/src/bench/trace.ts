/** The editing trace known as B4: how a paper was typed, keystroke by keystroke. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

export type Edit = readonly [position: number, deleted: number, inserted: string]

const traceFile = fileURLToPath(new URL('../../../../../shared/traces/automerge-paper.json.gz', import.meta.url))
const whereFrom = 'automerge-paper.json.gz of github.com/josephg/editing-traces (CC BY 4.0), into ../shared/traces beside this repository'

/** The first `count` edits, or where to get them. */
export function readTrace(count: number): { readonly edits: readonly Edit[] } | { readonly missing: string } {
  if (!existsSync(traceFile)) return { missing: `put ${whereFrom}` }
  const trace = JSON.parse(gunzipSync(readFileSync(traceFile)).toString('utf8')) as { txns: readonly { patches: readonly Edit[] }[] }
  return { edits: trace.txns.flatMap(({ patches }) => patches).slice(0, count) }
}

/** The text that the edits give. */
export function textOf(edits: readonly Edit[]): string {
  const characters: string[] = []
  for (const [position, deleted, inserted] of edits) characters.splice(position, deleted, ...inserted.split(''))
  return characters.join('')
}
