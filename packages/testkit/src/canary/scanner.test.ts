import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isFound, makePlant, plantInFile, withPlant } from './plant.ts'
import { formsOf, makeCanary, scanBytes, scanFolder } from './scanner.ts'
import { makeSurvey } from './survey.ts'

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-scan-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('[CA1] a word is found in every form, wherever it stands in what was encoded', () => {
  const word = makeCanary()
  expect(word).toMatch(/^[A-Za-z0-9]{16}$/u)
  const forms: string[] = []
  for (const lead of [0, 1, 2]) {
    const text = Buffer.concat([randomBytes(3 + lead), Buffer.from(word), randomBytes(5)])
    const leaks = [text.toString('base64'), text.toString('base64url'), text.toString('hex'), text.toString('hex').toUpperCase()]
    for (const leaked of [
      text,
      ...leaks.map((leak) => Buffer.from(leak)),
      Buffer.from(word, 'utf16le'),
      Buffer.from(word, 'utf16le').swap16(),
    ]) {
      const hits = scanBytes('planted', Buffer.concat([randomBytes(64), leaked, randomBytes(64)]), [makeCanary(), word])
      expect(hits.map((hit) => hit.word)).toContain(word)
      forms.push(...hits.map(({ form }) => form))
    }
  }
  expect(new Set(forms)).toEqual(new Set(formsOf(word).keys()))
  expect(scanBytes('clean', randomBytes(4096), [word])).toEqual([])
})

test('[CA6] the bytes of a key are found as they are, as hexadecimal, and as base64 at each offset, under its name', () => {
  const key = { name: 'signing key', bytes: randomBytes(32) }
  for (const lead of [0, 1, 2]) {
    const raw = Buffer.concat([randomBytes(3 + lead), key.bytes, randomBytes(5)])
    for (const leaked of [
      raw,
      Buffer.from(raw.toString('base64')),
      Buffer.from(raw.toString('hex')),
      Buffer.from(raw.toString('base64url')),
    ]) {
      const hits = scanBytes('planted', Buffer.concat([randomBytes(64), leaked]), [makeCanary(), key])
      expect(hits.map((hit) => hit.word)).toContain('signing key')
    }
  }
  expect(scanBytes('clean', randomBytes(4096), [key])).toEqual([])
})

test('[CA1] every file below a folder is read, and named by its path', async () => {
  await inFolder(async (folder) => {
    const word = makeCanary()
    await mkdir(join(folder, 'a', 'b'), { recursive: true })
    await writeFile(join(folder, 'a', 'b', 'c'), `${'x'.repeat(100)}${word}`)
    await writeFile(join(folder, 'd'), 'nothing')
    expect(await scanFolder(folder, [word])).toEqual({ hits: [{ place: 'a/b/c', word, form: 'utf-8' }], sizeBytes: 123 })
  })
})

test('[CA3] the last line counts hits, bytes and words; what is kept apart in a place is noted, and is no hit', async () => {
  await inFolder(async (folder) => {
    const [one, other] = [makeCanary(), makeCanary()]
    const survey = makeSurvey([one, other])
    survey.bytes('clean', Buffer.alloc(10))
    expect(survey.closingLine()).toBe('0 plaintext hits in 10 bytes (2 canaries)')
    await writeFile(join(folder, 'file'), `${one} ${other}`)
    await survey.folder('profile', folder, other)
    expect(survey.hits).toEqual([{ place: 'profile: file', word: one, form: 'utf-8' }])
    expect(survey.noted).toEqual([{ place: 'profile: file', word: other, form: 'utf-8' }])
    expect(survey.closingLine()).toBe('1 plaintext hits in 43 bytes (2 canaries)')
  })
})

test('[CA4] a planted word is found, in its place and form, whichever they are', async () => {
  await inFolder(async (folder) => {
    const words = [makeCanary(), makeCanary()]
    for (let count = 0; count < 50; count++) {
      const plant = makePlant(words)
      const survey = makeSurvey(words)
      const file = join(folder, 'file')
      await writeFile(file, randomBytes(64))
      await plantInFile(plant, 'relay', file)
      await survey.folder('relay', folder)
      expect(isFound(plant, survey.hits)).toBe(plant.place === 'relay')
      for (const place of ['output', 'wire', 'profile'] as const) survey.bytes(place, withPlant(plant, place, randomBytes(64)))
      expect(isFound(plant, survey.hits)).toBe(true)
    }
  })
})
