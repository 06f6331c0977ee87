/** `npm run limits`: writes docs/LIMITS.md from the code. */
import { writeFileSync } from 'node:fs'
import { limitsPage } from './limits.ts'
import { readSources } from './sources.ts'

writeFileSync('docs/LIMITS.md', limitsPage(readSources()))
