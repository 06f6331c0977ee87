/** Imported for its effect: both languages are there before the first test. */
import { languages, loadLanguage } from '../app/i18n.ts'

await Promise.all(languages.map(loadLanguage))
