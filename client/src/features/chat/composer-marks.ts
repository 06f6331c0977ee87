/** Marks of Markdown put around what is selected, and taken away again. */

/** By the place of the key, so that it is the same one on every layout. */
export const marksByKey: Readonly<Record<string, string>> = { KeyB: '**', KeyI: '_', KeyE: '`' }

export interface Selected {
  readonly text: string
  readonly from: number
  readonly to: number
}

export function toggleMark({ text, from, to }: Selected, mark: string): Selected {
  const size = mark.length
  const [before, chosen, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)]
  if (before.endsWith(mark) && after.startsWith(mark)) {
    return { text: before.slice(0, -size) + chosen + after.slice(size), from: from - size, to: to - size }
  }
  return { text: before + mark + chosen + mark + after, from: from + size, to: to + size }
}
