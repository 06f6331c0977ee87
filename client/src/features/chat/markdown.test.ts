import { expect, test } from 'vitest'
import { hasMarkdown, parseMarkdown } from './markdown.ts'
import type { Span } from './markdown.ts'

/** Spans as short text: `b(…)` for bold and so on. */
const short = (spans: readonly Span[]): string =>
  spans
    .map((span) => {
      if (span.kind === 'text') return span.text
      if (span.kind === 'link') return `link(${span.text} → ${span.href})`
      return `${span.kind}(${'text' in span ? span.text : short(span.spans)})`
    })
    .join('')
const shortOf = (text: string): readonly string[] =>
  parseMarkdown(text).map((block) => (block.kind === 'code' ? `code:${block.text}` : `${block.kind}:${short(block.spans)}`))

test.each([
  ['**bold** and *italic* and _this_ and ~~gone~~', 'bold(bold) and italic(italic) and italic(this) and struck(gone)'],
  ['**bold with *italic* inside**', 'bold(bold with italic(italic) inside)'],
  ['run `npm start` **`now`**', 'run code(npm start) bold(code(now))'],
  ['`**not bold**`', 'code(**not bold**)'],
  ['snake_case_name and 2 * 3 * 4 and a*b*c', 'snake_case_name and 2 * 3 * 4 and a*b*c'],
  ['** no ** and * no * and ~~ no ~~', '** no ** and * no * and ~~ no ~~'],
  ['**across\nlines**', '**across\nlines**'],
  ['**слово** й *курсив*', 'bold(слово) й italic(курсив)'],
  ['see https://example.org/a?b=1#c, or not', 'see link(https://example.org/a?b=1#c → https://example.org/a?b=1#c), or not'],
  ['(http://example.org).', '(link(http://example.org → http://example.org/)).'],
  ['https://приклад.укр/шлях', 'link(https://приклад.укр/шлях → https://xn--80aikifvh.xn--j1amh/%D1%88%D0%BB%D1%8F%D1%85)'],
])('[CL240] %s', (text, spans) => {
  expect(shortOf(text)).toEqual([`line:${spans}`])
})

test('[CL240] code blocks and quotes stand by themselves, and lines between them stay together', () => {
  expect(shortOf('look:\n```ts\nconst a = **1**\n\nb\n```\nand\nso\n> she said *so*\n> twice\nend')).toEqual([
    'line:look:',
    'code:const a = **1**\n\nb',
    'line:and\nso',
    'quote:she said italic(so)',
    'quote:twice',
    'line:end',
  ])
  expect(shortOf('```\nno end')).toEqual(['line:```\nno end'])
  expect(shortOf('two\n\nparagraphs')).toEqual(['line:two\n\nparagraphs'])
})

test.each([
  'javascript:alert(1)',
  '[press](javascript:alert(1))',
  'data:text/html,x',
  'https://good.example@evil.example/',
  'https://еxample.com/',
  'https://',
  '<a href="x">x</a>',
])('[CL241] %s is no link', (text) => {
  expect(JSON.stringify(parseMarkdown(text))).not.toContain('"link"')
})

test('[CL240] what only looks like it is no Markdown', () => {
  expect(hasMarkdown('plain, with 2 * 3 and snake_case')).toBe(false)
  expect(hasMarkdown('with `code`')).toBe(true)
  expect(hasMarkdown('> quoted')).toBe(true)
})

test('[CL240] nesting is bounded, and no text takes long', () => {
  expect(shortOf('**a *b ~~c **d** e~~ f* g**')).toHaveLength(1)
  for (const text of [
    '**a '.repeat(4000),
    '_'.repeat(16_000),
    '`'.repeat(16_000),
    '> '.repeat(8000),
    'https://'.repeat(2000),
    '```\n'.repeat(4000),
  ]) {
    expect(parseMarkdown(text).length).toBeGreaterThan(0)
  }
})
