/** Takes pictures of a screen in each theme and size, and makes small ones of some for the guides. */
import type { Page } from '@playwright/test'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const shotsFolder = fileURLToPath(new URL('../../.reports/shots', import.meta.url))
const picturesFolder = fileURLToPath(new URL('../../docs/pictures', import.meta.url))

export type Language = 'uk' | 'en'

const sizes = [
  { name: '1440', width: 1440, height: 900 },
  { name: '390', width: 390, height: 844 },
] as const

/** What the guides and the README show: the names of shots, without `.png`. */
const pictures: Readonly<Record<string, string>> = {
  conversation: 'en-conversation-long-light-1440',
  'conversation.uk': 'uk-conversation-long-light-1440',
  words: 'en-words-light-1440',
  'words.uk': 'uk-words-light-1440',
  invite: 'en-invite-link-light-1440',
  request: 'en-join-request-light-1440',
  connection: 'en-connection-light-1440',
  create: 'en-create-light-1440',
  'relay-move': 'en-relay-move-light-1440',
  'without-relay': 'en-without-relay-light-1440',
  offline: 'en-offline-light-1440',
  'offline.uk': 'uk-offline-light-1440',
}
/** In CSS pixels of the picture: sharp enough in a page of text. */
const pictureWidth = 1080
const pictureQuality = 0.75

/** One picture per theme and size; the page is left wide. */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  for (const { name: size, ...viewport } of sizes) {
    await page.setViewportSize(viewport)
    for (const theme of ['light', 'dark']) {
      await page.evaluate((chosen) => (document.documentElement.dataset['theme'] = chosen), theme)
      await settled(page)
      await page.screenshot({ path: join(shotsFolder, `${name}-${theme}-${size}.png`) })
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 })
  await settled(page)
}

/** The page has its fonts, and knows of its size: media queries tell of a change with a frame. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready
    await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))
  })
}

export async function setLanguage(page: Page, language: Language): Promise<void> {
  await page.evaluate((chosen) => {
    localStorage.setItem('poruch/language', chosen)
  }, language)
  await page.reload()
  await page.getByRole('main').waitFor()
}

/** Small pictures for `docs/pictures`, by a page that is on no site. */
export async function makePictures(page: Page): Promise<void> {
  await mkdir(picturesFolder, { recursive: true })
  await page.goto('about:blank')
  for (const [name, shot] of Object.entries(pictures)) {
    const png = await readFile(join(shotsFolder, `${shot}.png`), 'base64')
    const webp = await page.evaluate(
      async ({ source, width, quality }) => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob())
        const scale = Math.min(1, width / image.width)
        const canvas = document.createElement('canvas')
        canvas.width = Math.round(image.width * scale)
        canvas.height = Math.round(image.height * scale)
        const context = canvas.getContext('2d')
        if (!context) throw new Error('this browser draws nothing')
        context.imageSmoothingQuality = 'high'
        context.drawImage(image, 0, 0, canvas.width, canvas.height)
        return canvas.toDataURL('image/webp', quality).split(',')[1] ?? ''
      },
      { source: png, width: pictureWidth, quality: pictureQuality },
    )
    await writeFile(join(picturesFolder, `${name}.webp`), Buffer.from(webp, 'base64'))
  }
}
