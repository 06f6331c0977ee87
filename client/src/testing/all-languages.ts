/** Imported for its effect: both languages are there in full before the first test. */
import { languages, loadLanguage, loadLaterTexts } from '../app/i18n.ts'

await Promise.all(languages.map(loadLanguage))
await loadLaterTexts()
