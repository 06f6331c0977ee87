/** Matches the numbered rules of SPEC.md files with the titles of the tests that show them. */
import { parseSync } from 'vite'
import type { SourceFile } from './sources.ts'

/** The numbers of all rules (lines that begin `- **XX1**`) of one page. */
export function rulesOf(text: string): readonly string[] {
  return [...text.matchAll(/^- \*\*([A-Z]{2,4}\d+)\*\*/gmu)].map((match) => match[1] ?? '')
}

/** The titles of tests in this file, in their order. */
export function titlesOf({ path, text }: SourceFile): readonly string[] {
  const titles: string[] = []
  collectTitles(parseSync(path, text).program, titles)
  return titles
}

/** The rules that the titles of tests in this file quote: `test('[XX1] …')`, or several as `[XX1][XX2]`. */
export function quotesOf(file: SourceFile): readonly string[] {
  return titlesOf(file).flatMap((title) => [...title.matchAll(/\[([A-Z]{2,4}\d+)\]/gu)].map((match) => match[1] ?? ''))
}

/** A node of the syntax tree, as far as it is looked into. */
interface Syntax {
  readonly type?: string
  readonly callee?: Syntax
  readonly object?: Syntax
  readonly tag?: Syntax
  readonly name?: string
  readonly value?: unknown
  readonly arguments?: readonly Syntax[]
  readonly quasis?: readonly { readonly value: { readonly cooked: string | null } }[]
}

function collectTitles(node: unknown, titles: string[]): void {
  if (typeof node !== 'object' || node === null) return
  const { type, callee, arguments: given } = node as Syntax
  if (type === 'CallExpression' && isTesting(callee)) titles.push(textOf(given?.[0]))
  for (const child of Object.values(node)) collectTitles(child, titles)
}

/** `test`, `it`, `describe`, and what hangs on them: `test.each(rows)`, `describe.for(rows)`. */
function isTesting(callee: Syntax | undefined): boolean {
  if (!callee) return false
  if (callee.type === 'Identifier') return callee.name !== undefined && ['test', 'it', 'describe'].includes(callee.name)
  return isTesting(callee.object ?? callee.callee ?? callee.tag)
}

function textOf(title: Syntax | undefined): string {
  if (title?.type === 'TemplateLiteral') return title.quasis?.map((part) => part.value.cooked ?? '').join(' ') ?? ''
  return typeof title?.value === 'string' ? title.value : ''
}

/** True for files whose titles count: tests, and the contract suites that the adapters' tests run. */
export function isTestFile(path: string): boolean {
  return /\.(?:test|spec)\.tsx?$/u.test(path) || path.startsWith('packages/testkit/src/contract/')
}

/** One line per rule without a test, per quoted rule that no SPEC.md has, and per number given twice. */
export function judgeSpecs(specs: readonly SourceFile[], tests: readonly SourceFile[]): readonly string[] {
  const broken: string[] = []
  const home = new Map<string, string>()
  for (const { path, text } of specs) {
    for (const rule of rulesOf(text)) {
      if (home.has(rule)) broken.push(`${path}: ${rule} is in ${home.get(rule)} already`)
      home.set(rule, path)
    }
  }
  const quoted = new Set<string>()
  for (const file of tests) {
    for (const rule of new Set(quotesOf(file))) {
      quoted.add(rule)
      if (!home.has(rule)) broken.push(`${file.path}: quotes ${rule}, which no SPEC.md has`)
    }
  }
  for (const [rule, path] of home) if (!quoted.has(rule)) broken.push(`${path}: no test quotes ${rule}`)
  return broken
}
