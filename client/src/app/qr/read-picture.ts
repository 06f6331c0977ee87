/** Reads the text of a QR code out of pictures: a camera's, or a file's. */
import { decodeQR } from 'qr/decode.js'

/** The longest side that is looked at; a phone's photo of 12 megapixels is scaled down to it. */
const pictureMaxPixels = 1600
/** Picture files over this are refused unread: no photo of a code is so large. */
export const pictureMaxSizeBytes = 32 * 1024 * 1024

/** The text, or null where no code can be read. */
export function readPicture(source: CanvasImageSource, size: { readonly width: number; readonly height: number }): string | null {
  const scale = Math.min(1, pictureMaxPixels / Math.max(size.width, size.height, 1))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(size.width * scale))
  canvas.height = Math.max(1, Math.round(size.height * scale))
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) return null
  context.drawImage(source, 0, 0, canvas.width, canvas.height)
  try {
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height))
  } catch {
    // The library throws where it sees no code: for a camera that is most frames.
    return null
  }
}

/** As `readPicture`; null for a file that is no picture. */
export async function readPictureFile(file: Blob): Promise<string | null> {
  if (file.size > pictureMaxSizeBytes) return null
  try {
    const picture = await createImageBitmap(file)
    const text = readPicture(picture, picture)
    picture.close()
    return text
  } catch {
    return null
  }
}
