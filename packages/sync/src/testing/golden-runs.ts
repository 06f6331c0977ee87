/** The runs whose bytes are in golden/pack.json: one of each kind of content. */
import type { DeviceId } from '@poruch/base'
import type { PackEntry, PackRun } from '../compaction/pack-body.ts'

export function goldenRuns(): PackRun[] {
  const entry = (seq: number, content: PackEntry['content'], kind = 1): PackEntry => {
    return { kind, gen: 2, pos: 5 + seq, lamport: 7 * seq, nonce: new Uint8Array(12).fill(seq), content }
  }
  const deps = [{ deviceIndex: 'b2b2b2b2b2b2b2b2', seq: 4 }]
  return [
    {
      device: 'a1'.repeat(32) as DeviceId,
      firstSeq: 3,
      prev: 'c3'.repeat(32) as never,
      sig: new Uint8Array(64).fill(9),
      entries: [
        entry(1, { mode: 'plain', inner: { deps, n: 1, updates: [Uint8Array.of(1, 2, 3)] } }),
        entry(2, { mode: 'erased', ctHash: new Uint8Array(32).fill(8), proof: Uint8Array.of(7, 7, 7) }),
        entry(3, { mode: 'kept', ct: Uint8Array.of(4, 5) }),
        entry(4, { mode: 'plain', inner: { deps: [], n: 1, updates: [Uint8Array.of(6), Uint8Array.of(7, 8)] } }, 2),
      ],
    },
  ]
}
