/** The little Markdown of chats: bold, italic, struck, code, quotes and bare links. What is no such thing stays the text that it is. */

export type Span =
  | { readonly kind: 'text' | 'code'; readonly text: string }
  | { readonly kind: 'bold' | 'italic' | 'struck'; readonly spans: readonly Span[] }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }

export type Block = { readonly kind: 'line' | 'quote'; readonly spans: readonly Span[] } | { readonly kind: 'code'; readonly text: string }

/** So deep at most do marks nest. */
const maxDepth = 3
/** Between two marks, in characters: it keeps the search linear, whatever is typed. */
const within = String.raw`(?=\S)([^\n]{0,500}?\S)`
const marks = new RegExp(
  [
    String.raw`\x60([^\x60\n]{1,500})\x60`,
    String.raw`\*\*${within}\*\*`,
    String.raw`(?<![\p{L}\p{N}_*])[_*](?![_*])${within}[_*](?![\p{L}\p{N}_*])`,
    String.raw`~~${within}~~`,
    String.raw`(https?://[^\s<>"'\x60]{1,2000})`,
  ].join('|'),
  'gu',
)
const fence = /^```[^`\n]*\n([\s\S]*?)\n?```[^\S\n]*(?:\n|$)/u

/** The blocks of a message, in order. Line breaks between plain lines stay in their text. */
export function parseMarkdown(text: string): readonly Block[] {
  const blocks: Block[] = []
  let lines: string[] = []
  const end = (): void => {
    if (lines.length > 0) blocks.push({ kind: 'line', spans: parseSpans(lines.join('\n')) })
    lines = []
  }
  for (let rest = text; rest !== '';) {
    const code = rest.startsWith('```') ? fence.exec(rest) : null
    const line = /^[^\n]*/u.exec(rest)?.[0] ?? ''
    if (code || /^> ?\S/u.test(line)) end()
    if (code) blocks.push({ kind: 'code', text: code[1] ?? '' })
    else if (/^> ?\S/u.test(line)) blocks.push({ kind: 'quote', spans: parseSpans(line.replace(/^> ?/u, '')) })
    else lines.push(line)
    rest = rest.slice(code ? code[0].length : line.length + 1)
  }
  end()
  return blocks
}

/** Whether anything in it would look other than it is typed. */
export function hasMarkdown(text: string): boolean {
  return parseMarkdown(text).some((block) => block.kind !== 'line' || block.spans.some(({ kind }) => kind !== 'text'))
}

function parseSpans(text: string, depth = 0): readonly Span[] {
  const spans: Span[] = []
  let from = 0
  for (const match of text.matchAll(marks)) {
    const found = spanOf(match, depth)
    if (!found) continue
    if (match.index > from) spans.push({ kind: 'text', text: text.slice(from, match.index) })
    spans.push(found.span)
    from = match.index + found.length
  }
  if (from < text.length) spans.push({ kind: 'text', text: text.slice(from) })
  return spans
}

function spanOf([whole, code, bold, italic, struck, address]: RegExpExecArray, depth: number): { span: Span; length: number } | null {
  if (code !== undefined) return { span: { kind: 'code', text: code }, length: whole.length }
  if (address !== undefined) return linkOf(address)
  const kind = bold === undefined ? (italic === undefined ? 'struck' : 'italic') : 'bold'
  const inner = bold ?? italic ?? struck ?? ''
  if (depth >= maxDepth) return null
  return { span: { kind, spans: parseSpans(inner, depth + 1) }, length: whole.length }
}

/** Only what leads where it seems to lead: no name before the host, and no part of it in two scripts. */
function linkOf(typed: string): { span: Span; length: number } | null {
  const text = typed.replace(/[.,;:!?)\]}»”’*_~]+$/u, '')
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || url.username !== '' || url.password !== '') return null
  const host = /^https?:\/\/([^/?#:]+)/iu.exec(text)?.[1] ?? ''
  const isMixed = host.split('.').some((label) => /[a-z]/iu.test(label) && /[^\p{ASCII}]/u.test(label))
  return isMixed ? null : { span: { kind: 'link', text, href: url.href }, length: text.length }
}
