/** Matches the numbered rules of SPEC.md files with the titles of the tests that show them. */
import type { SourceFile } from './sources.ts'

/** The numbers of all rules (lines that begin `- **XX1**`) of one page. */
export function rulesOf(text: string): readonly string[] {
  return [...text.matchAll(/^- \*\*([A-Z]{2,4}\d+)\*\*/gmu)].map((match) => match[1] ?? '')
}

/** The rules that the titles of tests in this file quote: `test('[XX1] …')`, or several as `[XX1][XX2]`. */
export function quotesOf(text: string): readonly string[] {
  const titles = [...text.matchAll(/\b(?:test|it|describe)\b[\w.]*\s*(?:\([^'"`]*?)?\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/gsu)].map(
    (match) => match[2] ?? '',
  )
  return titles.flatMap((title) => [...title.matchAll(/\[([A-Z]{2,4}\d+)\]/gu)].map((match) => match[1] ?? ''))
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
  for (const { path, text } of tests) {
    for (const rule of new Set(quotesOf(text))) {
      quoted.add(rule)
      if (!home.has(rule)) broken.push(`${path}: quotes ${rule}, which no SPEC.md has`)
    }
  }
  for (const [rule, path] of home) if (!quoted.has(rule)) broken.push(`${path}: no test quotes ${rule}`)
  return broken
}
