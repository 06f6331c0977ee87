/** A client that its user has changed: it can be told to hear nothing more of membership, and goes on as if nothing had happened. */
import type { Page } from '@playwright/test'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('../..', import.meta.url))
const flag = 'heardEnough'

/** Builds it into a folder. */
export async function buildPatchedClient(outDir: string): Promise<void> {
  let patched = 0
  await build({
    configFile: `${root}vite.config.ts`,
    root: `${root}client`,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
    plugins: [
      {
        name: 'deaf-to-membership',
        enforce: 'pre',
        transform: (code, id) => {
          if (!id.endsWith('replica/src/workspace-log.ts')) return null
          const deaf = code.replace(
            /(const receive = async [^\n]*\n)/u,
            `$1    if ((globalThis as { ${flag}?: boolean }).${flag}) return { added: 0 }\n`,
          )
          if (deaf !== code) patched++
          return deaf
        },
      },
    ],
  })
  if (patched !== 1) throw new Error('the place to patch was not found')
}

/** From now on the page hears of no removal. */
export async function goDeaf(page: Page): Promise<void> {
  await page.evaluate((name) => {
    ;(globalThis as Record<string, unknown>)[name] = true
  }, flag)
}
