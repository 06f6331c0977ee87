// Finds the Chromium that browser tests and e2e drive: one place, so that no test names a path of a machine.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** Flags for a test browser: quiet, no calls home; `--no-sandbox` because CI runs as root. */
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * The path of a Chromium: `CHROMIUM`, then the PATH, then Playwright's own download; null if there is none.
 * @returns {Promise<string | null>}
 */
export async function findChromium() {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const paths = [process.env['CHROMIUM'] ?? '', ...folders.flatMap((folder) => names.map((name) => join(folder, name)))]
  const found = paths.find((path) => path !== '' && existsSync(path))
  if (found) return found
  try {
    const { chromium } = await import('playwright')
    return existsSync(chromium.executablePath()) ? chromium.executablePath() : null
  } catch {
    return null // packages are not installed yet
  }
}
