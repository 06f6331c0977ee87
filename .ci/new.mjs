// `npm run new -- feature NAME`: the empty rooms of a feature of the client, each with its first line, ready for the first failing test.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [kind, name = ''] = process.argv.slice(2)
const folder = join(root, 'client', 'src', 'features', name)

if (kind !== 'feature' || !/^[a-z][a-z0-9-]{1,30}$/u.test(name)) {
  console.error('usage: npm run new -- feature NAME   (small letters, digits and dashes)')
  process.exit(2)
}
if (existsSync(folder)) {
  console.error(`client/src/features/${name} is there already`)
  process.exit(1)
}

const pascal = name.replaceAll(/(?:^|-)([a-z0-9])/gu, (_, letter) => letter.toUpperCase())
const rules = readFileSync(join(root, 'client', 'SPEC.md'), 'utf8')
const rule = `CL${Math.max(...[...rules.matchAll(/\*\*CL(\d+)\*\*/gu)].map(([, number]) => Number(number))) + 1}`

const files = {
  [`${pascal}.tsx`]: `/** ${pascal}: what it is for, in one line. */
import type { JSX } from 'solid-js'

export function ${pascal}(props: { readonly title: string }): JSX.Element {
  return (
    <section class="page-section" aria-label={props.title}>
      <h2>{props.title}</h2>
    </section>
  )
}
`,
  [`${pascal}.story.tsx`]: `/** States of ${pascal}. */
import type { Story } from '@poruch/ui'
import { ${pascal} } from './${pascal}.tsx'

export const story: Story = { title: '${pascal}', states: { plain: () => <${pascal} title="${pascal}" /> } }
`,
  [`${name}.browser.test.tsx`]: `/** ${pascal}, as people meet it. */
import { expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { show } from '../../testing/show.tsx'
import { ${pascal} } from './${pascal}.tsx'

test('[${rule}] ${pascal} is found by its name', async () => {
  show(() => <${pascal} title="${pascal}" />)
  await expect.element(page.getByRole('region', { name: '${pascal}' })).toBeVisible()
})
`,
}

mkdirSync(folder, { recursive: true })
for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
writeFileSync(join(root, 'client', 'SPEC.md'), `${rules.trimEnd()}\n- **${rule}** ${pascal} is found by its name.\n`)

console.log(`client/src/features/${name}: ${Object.keys(files).join(', ')}`)
console.log(`client/SPEC.md: ${rule}, to be replaced by what it really promises`)
console.log('Next: texts in client/src/locales/*.json, the way to it in client/src/app (Pane.tsx, paths.ts), npm run play, npm run check.')
