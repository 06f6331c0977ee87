/** How well a name answers to what was typed: by words, by parts, or by letters in order. */

/** Letters that people type for one another, and marks that they leave out. */
export function foldText(text: string): string {
  return text
    .toLocaleLowerCase()
    .normalize('NFD')
    .replace(/[\p{Mn}'ʼ’`]/gu, '')
    .replaceAll('ґ', 'г')
}

/** Higher is better; null: does not answer. Each word of the query must be found. An empty query answers to all alike. */
export function fuzzyScore(query: string, text: string): number | null {
  const folded = foldText(text)
  let score = 0
  for (const word of foldText(query)
    .split(/\s+/u)
    .filter((part) => part !== '')) {
    const found = wordScore(word, folded)
    if (found === null) return null
    score += found
  }
  return score
}

function wordScore(word: string, text: string): number | null {
  const at = text.indexOf(word)
  if (at === 0) return 1000 - Math.min(text.length, 100)
  if (at > 0) return (/[\p{L}\p{N}]/u.test(text[at - 1] ?? '') ? 600 : 800) - Math.min(at, 100)
  let from = 0
  let gaps = 0
  for (const letter of word) {
    const next = text.indexOf(letter, from)
    if (next < 0) return null
    gaps += next - from
    from = next + letter.length
  }
  return Math.max(1, 300 - gaps)
}
