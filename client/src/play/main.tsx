/** `npm run play`: the page of the playground. */
import { render } from 'solid-js/web'
import { languages, loadLanguage, loadLaterTexts } from '../app/i18n.ts'
import '../app/app.css'
import './play.css'
import { Playground } from './Playground.tsx'
import { stories } from './stories.ts'

await Promise.all(languages.map(loadLanguage))
await loadLaterTexts()
const root = document.getElementById('root')
if (root) render(() => <Playground stories={stories} />, root)
