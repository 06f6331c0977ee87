/** Reads a whole group of what is kept beside the logs, page by page. */
import type { Bytes } from '@poruch/base'
import { pageRows } from './limits.ts'
import type { CorePorts } from './ports.ts'

export async function allSideRows(
  log: CorePorts['log'],
  collection: string,
  group: string,
): Promise<readonly { readonly key: string; readonly value: Bytes }[]> {
  const rows: { readonly key: string; readonly value: Bytes }[] = []
  for (let cursor = 0; ;) {
    const page = await log.readSide(collection, group, cursor, pageRows)
    rows.push(...page)
    cursor = page.at(-1)?.cursor ?? cursor
    if (page.length < pageRows) return rows
  }
}
