import { describe, expect, test, vi } from 'vitest'
import type { BenchRecord, Figure } from './record.ts'
import { rows } from './rows.ts'

// What a test shows here is that a row runs; a loaded machine may take its time.
vi.setConfig({ testTimeout: 300_000 })

const columns = ['id', 'work', 'ours', 'peers', 'limit', 'ratio', 'target', 'met']

function expectFigure(figure: Figure): void {
  expect(figure.name).not.toBe('')
  expect(figure.unit).not.toBe('')
  expect(figure.low).toBeLessThanOrEqual(figure.median)
  expect(figure.high).toBeGreaterThanOrEqual(figure.median)
}

function expectRecord(record: BenchRecord, id: string): void {
  expect(Object.keys(record)).toEqual(columns)
  expect(record.id).toBe(id)
  expect(record.target).toMatch(/^[≤≥]/u)
  expect(record.ratio).toBeGreaterThanOrEqual(0)
  expectFigure(record.ours)
  if (record.limit) expectFigure(record.limit)
  for (const peer of record.peers) {
    if ('missing' in peer) expect(peer.missing).not.toBe('')
    else expectFigure(peer)
  }
}

describe('rows', () => {
  test.each(rows)('[BE1] $id runs at its smallest size and gives whole records', async (row) => {
    const records = await row.run('tiny')
    expect(records.length).toBeGreaterThan(0)
    for (const record of records) expectRecord(record, row.id)
  })

  test('[BE2] each stand under one name, in the order in which they are run', () => {
    const ids = rows.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)])
    expect(ids.slice(0, 3)).toEqual(['B4', 'B21', 'B1'])
  })
})
