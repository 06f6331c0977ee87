/** Codes drawn and read again, from a camera and from a file. */
import { expect, onTestFinished, test } from 'vitest'
import { page } from 'vitest/browser'
import { show } from '../../testing/show.tsx'
import { QrPicture } from './QrPicture.tsx'
import { QrReader } from './QrReader.tsx'
import { readPicture, readPictureFile } from './read-picture.ts'

const link = `https://relay.example/#i/${'Aa0_-'.repeat(14)}`

/** The drawn code, as a camera would meet it: with some ground around it. */
async function photo(text: string): Promise<HTMLCanvasElement> {
  show(() => <QrPicture text={text} label={text} />)
  const svg = page.getByRole('img', { name: text, exact: true }).element()
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  const image = new Image(400, 400)
  image.src = `data:image/svg+xml;utf8,${encodeURIComponent(svg.outerHTML.replace('<path', '<rect width="100%" height="100%" fill="white"/><path'))}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = 640
  canvas.height = 480
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no canvas')
  context.fillStyle = '#d8d4cc'
  context.fillRect(0, 0, 640, 480)
  context.drawImage(image, 120, 40, 400, 400)
  return canvas
}

/** The platform's camera alone is replaced: headless browsers leave its question unanswered. */
function giveCamera(getUserMedia: () => Promise<MediaStream>): void {
  const devices = navigator.mediaDevices
  Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value: { getUserMedia } })
  onTestFinished(() => {
    Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value: devices })
  })
}

function showReader(): { readonly texts: string[] } {
  const texts: string[] = []
  show(() => (
    <QrReader
      refuse={(text) => (text === link ? null : 'Not an invitation')}
      onText={(text) => texts.push(text)}
      onClose={() => undefined}
    />
  ))
  return { texts }
}

test('[CL61] a drawn invitation is read again, from a picture of any size', async () => {
  const canvas = await photo(link)
  expect(readPicture(canvas, canvas)).toBe(link)
  const large = document.createElement('canvas')
  large.width = 4000
  large.height = 3000
  large.getContext('2d')?.drawImage(canvas, 0, 0, 4000, 3000)
  expect(readPicture(large, large)).toBe(link)
})

test('[CL61] a picture without a code, a file that is no picture, and a device without a camera are said in words', async () => {
  const empty = document.createElement('canvas')
  empty.width = 640
  empty.height = 480
  expect(readPicture(empty, empty)).toBeNull()
  expect(await readPictureFile(new Blob(['no picture']))).toBeNull()
  giveCamera(async () => Promise.reject(new DOMException('', 'NotFoundError')))
  const { texts } = showReader()
  await expect.element(page.getByText(/^No camera was found here/u)).toBeVisible()
  await page.getByLabelText('A picture with the code').upload(new File(['no picture'], 'a.png', { type: 'image/png' }))
  await expect.element(page.getByRole('alert')).toHaveTextContent('No QR code can be read in this picture.')
  expect(texts).toEqual([])
})

test('[CL61] the camera finds the code; another code than an invitation is refused in words', async () => {
  const right = await photo(link)
  const wrong = await photo('https://elsewhere.example')
  const context = right.getContext('2d')
  const good = context?.getImageData(0, 0, 640, 480)
  context?.drawImage(wrong, 0, 0)
  giveCamera(async () => Promise.resolve(right.captureStream(10)))
  const drawing = setInterval(() => context?.drawImage(right, 0, 0), 100)
  onTestFinished(() => {
    clearInterval(drawing)
  })
  const { texts } = showReader()
  await expect.element(page.getByRole('alert')).toHaveTextContent('Not an invitation')
  if (good) context?.putImageData(good, 0, 0)
  await expect.poll(() => texts[0]).toBe(link)
})

test('[CL61] a camera that is not allowed leaves the other ways', async () => {
  giveCamera(async () => Promise.reject(new DOMException('', 'NotAllowedError')))
  showReader()
  await expect.element(page.getByText(/^The camera is not allowed/u)).toBeVisible()
  await expect.element(page.getByLabelText('A picture with the code')).toBeVisible()
})
