/** A text with its little Markdown shown. Everything is text in elements of the app: nothing typed becomes HTML. */
import type { JSX } from 'solid-js'
import { For, createMemo } from 'solid-js'
import { parseMarkdown } from './markdown.ts'
import type { Block, Span } from './markdown.ts'

export function FormattedText(props: { readonly text: string }): JSX.Element {
  const blocks = createMemo(() => parseMarkdown(props.text))
  return <For each={blocks()}>{blockOf}</For>
}

/** A block never changes: a text that changes has new ones. */
function blockOf(block: Block): JSX.Element {
  if (block.kind === 'code') {
    return (
      <pre class="code-block">
        <code>{block.text}</code>
      </pre>
    )
  }
  const spans = <For each={block.spans}>{spanOf}</For>
  return block.kind === 'quote' ? <blockquote class="quote">{spans}</blockquote> : spans
}

function spanOf(span: Span): JSX.Element {
  switch (span.kind) {
    case 'text':
      return span.text
    case 'code':
      return <code class="code">{span.text}</code>
    case 'link':
      return (
        <a href={span.href} target="_blank" rel="noopener noreferrer">
          {span.text}
        </a>
      )
    case 'bold':
      return (
        <strong>
          <For each={span.spans}>{spanOf}</For>
        </strong>
      )
    case 'italic':
      return (
        <em>
          <For each={span.spans}>{spanOf}</For>
        </em>
      )
    case 'struck':
      return (
        <s>
          <For each={span.spans}>{spanOf}</For>
        </s>
      )
  }
}
