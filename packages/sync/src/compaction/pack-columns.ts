/** The columns of a pack: one kind of number after another for all entries, then all texts. */
import type { Bytes } from '@poruch/base'
import { parseHex, toHex } from '@poruch/base'
import { envelopeKinds } from '../envelope/header.ts'
import type { Dep, Inner } from '../envelope/inner.ts'
import { lamportLimit, maxDeps, maxEnvelopeSizeBytes, maxPackDepDevices, maxUpdateSizeBytes } from '../limits.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import type { PackContent, PackEntry, PackRun } from './pack-body.ts'

const modes = ['plain', 'kept', 'erased'] as const
const modeStep = 16
const hashSizeBytes = 32
const maxU32 = 2 ** 32 - 1

type Mode = (typeof modes)[number]

export function writeEntries(columns: ColumnWriter, runs: readonly PackRun[]): void {
  const entries = runs.flatMap((run) => run.entries)
  for (const { kind, content } of entries) columns.u8(kind + modeStep * modes.indexOf(content.mode))
  for (const run of runs)
    writeDifferences(
      columns,
      run.entries.map(({ gen }) => gen),
    )
  for (const run of runs)
    writeDifferences(
      columns,
      run.entries.map(({ pos }) => pos),
    )
  for (const run of runs)
    writeDifferences(
      columns,
      run.entries.map(({ lamport }) => lamport),
    )
  const inners = entries.flatMap(({ content }) => (content.mode === 'plain' ? content.inner : []))
  writeDeps(columns, inners)
  writeDifferences(
    columns,
    inners.map(({ n }) => n),
  )
  for (const { kind, content } of entries) {
    if (content.mode === 'plain' && kind === envelopeKinds.batch) columns.varint(content.inner.updates.length)
  }
  for (const { content } of entries) for (const part of partsOf(content)) columns.varint(part.length)
  for (const { content } of entries) {
    for (const part of partsOf(content)) columns.raw(part)
    if (content.mode === 'erased') columns.raw(content.ctHash)
  }
}

/** What has a length of its own. */
function partsOf(content: PackContent): readonly Bytes[] {
  if (content.mode === 'plain') return content.inner.updates
  return [content.mode === 'kept' ? content.ct : content.proof]
}

function writeDifferences(columns: ColumnWriter, values: readonly number[]): void {
  let before = 0
  for (const value of values) {
    columns.signed(value - before)
    before = value
  }
}

/** Devices once, then per envelope whose heads it names, each as the step from where it was named last. */
function writeDeps(columns: ColumnWriter, inners: readonly Inner[]): void {
  const indexes = [...new Set(inners.flatMap(({ deps }) => deps.map(({ deviceIndex }) => deviceIndex)))]
  const placeOf = new Map(indexes.map((index, place) => [index, place]))
  columns.varint(indexes.length)
  for (const index of indexes) columns.raw(parseHex(index) ?? new Uint8Array(8))
  for (const { deps } of inners) columns.varint(deps.length)
  for (const { deps } of inners) for (const { deviceIndex } of deps) columns.varint(placeOf.get(deviceIndex) ?? 0)
  const last = new Map<string, number>()
  for (const { deps } of inners) {
    for (const { deviceIndex, seq } of deps) {
      columns.signed(seq - (last.get(deviceIndex) ?? 0))
      last.set(deviceIndex, seq)
    }
  }
}

/** By run; null for what no envelope could say. @throws BaseError */
export function readEntries(
  columns: ColumnReader,
  counts: readonly number[],
  nonces: readonly Bytes[],
): readonly (readonly PackEntry[])[] | null {
  const kinds = nonces.map(() => columns.u8())
  const gens = counts.flatMap((count) => readDifferences(columns, count))
  const positions = counts.flatMap((count) => readDifferences(columns, count))
  const lamports = counts.flatMap((count) => readDifferences(columns, count))
  const shapes = kinds.map((value) => ({ kind: value % modeStep, mode: modes[Math.floor(value / modeStep)] }))
  if (!shapes.every(({ kind, mode }) => mode !== undefined && isPackable(kind, mode))) return null
  if (!gens.every(isU32) || !positions.every(isU32) || !lamports.every((value) => value > 0 && value < lamportLimit)) return null
  const contents = readContents(columns, shapes as readonly { kind: number; mode: Mode }[])
  if (!contents) return null
  const flat = contents.map((content, at): PackEntry => {
    const [kind, gen, pos, lamport] = [shapes[at]?.kind ?? 0, gens[at] ?? 0, positions[at] ?? 0, lamports[at] ?? 0]
    return { kind, gen, pos, lamport, nonce: nonces[at] ?? new Uint8Array(0), content }
  })
  let from = 0
  return counts.map((count) => flat.slice(from, (from += count)))
}

/** An Erase is kept as it is: what it names stands in the clear before its seal. */
function isPackable(kind: number, mode: Mode): boolean {
  return kind === envelopeKinds.update || kind === envelopeKinds.batch || (kind === envelopeKinds.erase && mode === 'kept')
}

function isU32(value: number): boolean {
  return value >= 0 && value <= maxU32
}

function readDifferences(columns: ColumnReader, count: number): number[] {
  let value = 0
  return Array.from({ length: count }, () => (value += columns.signed()))
}

function readContents(columns: ColumnReader, shapes: readonly { kind: number; mode: Mode }[]): readonly PackContent[] | null {
  const plain = shapes.filter(({ mode }) => mode === 'plain')
  const deps = readDeps(columns, plain.length)
  if (!deps) return null
  const ns = readDifferences(columns, plain.length)
  if (!ns.every((n) => n >= 0 && n <= 0xffff)) return null
  const parts = shapes.map(({ kind, mode }) => {
    return mode === 'plain' && kind === envelopeKinds.batch ? columns.varint() : 1
  })
  // A batch of one has its own kind.
  if (
    !parts.every(
      (count, at) => count <= 0xffff && (count !== 1 || shapes[at]?.mode !== 'plain' || shapes[at]?.kind === envelopeKinds.update),
    )
  )
    return null
  const sizes = parts.map((count) => Array.from({ length: count }, () => columns.varint()))
  let place = 0
  const contents: PackContent[] = []
  for (const [at, { mode }] of shapes.entries()) {
    const lengths = sizes[at] ?? []
    const most = mode === 'plain' ? maxUpdateSizeBytes : maxEnvelopeSizeBytes
    if (lengths.some((length) => length > most)) return null
    const bytes = lengths.map((length) => columns.raw(length))
    if (mode === 'erased') contents.push({ mode, ctHash: columns.raw(hashSizeBytes), proof: bytes[0] ?? new Uint8Array(0) })
    else if (mode === 'kept') contents.push({ mode, ct: bytes[0] ?? new Uint8Array(0) })
    else {
      contents.push({ mode, inner: { deps: deps[place] ?? [], n: ns[place] ?? 0, updates: bytes } })
      place++
    }
  }
  return contents
}

function readDeps(columns: ColumnReader, count: number): readonly (readonly Dep[])[] | null {
  const deviceCount = columns.varint()
  if (deviceCount > maxPackDepDevices) return null
  const indexes = Array.from({ length: deviceCount }, () => toHex(columns.raw(8)))
  const counts = Array.from({ length: count }, () => columns.varint())
  if (counts.some((each) => each > maxDeps)) return null
  const devices = counts.map((each) => Array.from({ length: each }, () => indexes[columns.varint()]))
  const last = new Map<string, number>()
  const all: Dep[][] = []
  for (const named of devices) {
    const deps: Dep[] = []
    for (const deviceIndex of named) {
      if (deviceIndex === undefined) return null
      const seq = (last.get(deviceIndex) ?? 0) + columns.signed()
      if (seq < 1 || seq > maxU32) return null
      last.set(deviceIndex, seq)
      deps.push({ deviceIndex, seq })
    }
    all.push(deps)
  }
  return all
}
