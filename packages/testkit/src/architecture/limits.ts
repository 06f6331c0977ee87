/** Collects the named limits of the code, with their values and reasons, for docs/LIMITS.md. */
import { parseSync } from 'vite'
import { isTest, unitOf } from './arrows.ts'
import type { SourceFile } from './sources.ts'

/** One bound: a top-level constant whose name says that it is one. */
export interface Limit {
  readonly name: string
  /** The number, or the source text where it cannot be worked out. */
  readonly value: number | string
  /** The comment above or beside it; empty where there is none. */
  readonly why: string
}

const limitName = /^(?:max|min)[A-Z]|(?:Ms|Limit|Max|Min|Attempts|PerSecond|PerMinute|PageSize)$/u

/** A node of the syntax tree, as far as it is looked into. */
interface Syntax {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly kind?: string
  readonly declaration?: Syntax | null
  readonly declarations?: readonly { readonly id: Syntax; readonly init: Syntax | null }[]
  readonly name?: string
  readonly value?: unknown
  readonly operator?: string
  readonly left?: Syntax
  readonly right?: Syntax
}

/** The limits that one file sets, in its order. */
export function limitsOf({ path, text }: SourceFile): readonly Limit[] {
  const { program, comments } = parseSync(path, text)
  const known = new Map<string, number>()
  const limits: Limit[] = []
  const reasonOf = (start: number, end: number): string => {
    const beside = comments.find((comment) => comment.start >= end && !text.slice(end, comment.start).includes('\n'))
    const above = comments.findLast((comment) => comment.end <= start && /^\s*$/u.test(text.slice(comment.end, start)))
    return clean((above ?? beside)?.value ?? '')
  }
  let previous: Limit | undefined
  for (const statement of program.body as unknown as readonly Syntax[]) {
    const declaration = statement.declaration ?? statement
    if (declaration.kind !== 'const') continue
    for (const { id, init } of declaration.declarations ?? []) {
      if (id.name === undefined || init === null) continue
      const value = valueOf(init, known)
      if (value !== null) known.set(id.name, value)
      const source = text.slice(init.start, init.end)
      if (!limitName.test(id.name) || (value === null && !/^[\w.*+ ]+$/u.test(source))) continue
      const own = reasonOf(statement.start, statement.end)
      // One comment may cover a pair such as `maxQueuedUpdates` and `maxQueuedBytes`.
      const covered = previous !== undefined && subjectOf(previous.name) === subjectOf(id.name) ? previous.why : ''
      previous = { name: id.name, value: value ?? source, why: own || covered }
      limits.push(previous)
    }
  }
  return limits
}

/** The first word of a name that says what is bounded: `queued` of `maxQueuedBytes`. */
function subjectOf(name: string): string {
  const words = name.split(/(?=[A-Z])/u).map((word) => word.toLowerCase())
  return words.find((word) => !['max', 'min', 'first'].includes(word)) ?? ''
}

function valueOf(node: Syntax, known: ReadonlyMap<string, number>): number | null {
  if (node.type === 'Literal') return typeof node.value === 'number' ? node.value : null
  if (node.type === 'Identifier') return known.get(node.name ?? '') ?? null
  if (node.type !== 'BinaryExpression' || !node.left || !node.right) return null
  const left = valueOf(node.left, known)
  const right = valueOf(node.right, known)
  if (left === null || right === null) return null
  const outcomes: Record<string, number> = {
    '+': left + right,
    '-': left - right,
    '*': left * right,
    '/': left / right,
    '**': left ** right,
  }
  return outcomes[node.operator ?? ''] ?? null
}

function clean(comment: string): string {
  return comment
    .replaceAll(/^\*|\n\s*\*/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .replaceAll('|', '\\|')
    .trim()
}

/** The page, from all files of the repository. */
export function limitsPage(files: readonly SourceFile[]): string {
  const sections = new Map<string, string[]>()
  for (const file of files) {
    const unit = unitOf(file.path)
    if (unit === null || isTest(file.path) || !/\.tsx?$/u.test(file.path)) continue
    for (const limit of limitsOf(file)) {
      const rows = sections.get(unit) ?? []
      rows.push(`| \`${limit.name}\` | ${inWords(limit)} | ${limit.why} |`)
      sections.set(unit, rows)
    }
  }
  const head = [
    '# Limits',
    '',
    'Every bound that the code names, with its reason. Written by `npm run limits`; a test compares it with the code.',
  ]
  const body = [...sections].flatMap(([unit, rows]) => ['', `## ${unit}`, '', '| limit | value | why |', '|---|---|---|', ...rows])
  return [...head, ...body, ''].join('\n')
}

function inWords({ name, value }: Limit): string {
  if (typeof value === 'string') return `\`${value}\``
  const plain = value.toLocaleString('en')
  if (name.endsWith('Ms')) return value >= 1000 && value % 1000 === 0 ? `${(value / 1000).toLocaleString('en')} s` : `${plain} ms`
  if (!name.endsWith('Bytes')) return plain
  if (value >= 2 ** 20 && value % 2 ** 20 === 0) return `${value / 2 ** 20} MiB`
  return value >= 1024 && value % 1024 === 0 ? `${value / 1024} KiB` : `${plain} bytes`
}
