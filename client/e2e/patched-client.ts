/** Other builds of the client: one that its user has changed, so that it can be told to hear nothing more of membership, and another version. */
import type { Page } from '@playwright/test'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('../..', import.meta.url))
const flag = 'heardEnough'

/** Builds it into a folder. */
export async function buildPatchedClient(outDir: string): Promise<void> {
  await buildWith(outDir, 'replica/src/workspace-log.ts', (code) =>
    code.replace(/(const receive = async [^\n]*\n)/u, `$1    if ((globalThis as { ${flag}?: boolean }).${flag}) return { added: 0 }\n`),
  )
}

/** Builds the same client as another version of it. */
export async function buildVersion(outDir: string, version: string): Promise<void> {
  await buildWith(outDir, 'client/package.json', (code) => code.replace(/"version": "[^"]*"/u, `"version": "${version}"`))
}

async function buildWith(outDir: string, file: string, patch: (code: string) => string): Promise<void> {
  let patched = 0
  await build({
    configFile: `${root}vite.config.ts`,
    root: `${root}client`,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
    plugins: [
      {
        name: 'patch',
        enforce: 'pre',
        transform: (code, id) => {
          if (!id.endsWith(file)) return null
          const next = patch(code)
          if (next !== code) patched++
          return next
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
