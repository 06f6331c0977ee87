/** All shortcuts of the app: what they are pressed with, and what they are called. */
import type { TextKey } from './i18n.ts'

export interface Shortcut {
  /** Alternatives to press, each a list of keys. */
  readonly keys: readonly (readonly string[])[]
  readonly text: TextKey
}

const isApple = /Mac|iPhone|iPad/u.test(navigator.platform)
const control = isApple ? '⌘' : 'Ctrl'
const alt = isApple ? '⌥' : 'Alt'

export const paletteKeys: readonly string[] = [control, 'K']
export const detailsKeys: readonly string[] = [control, '.']

export const lockKeys: readonly string[] = [control, 'Shift', 'L']

export const devtoolsKeys: readonly string[] = [control, 'Shift', 'D']

export const shortcuts: readonly Shortcut[] = [
  { keys: [paletteKeys], text: 'shortcut.palette' },
  { keys: [[control, '/']], text: 'shortcut.list' },
  { keys: [detailsKeys], text: 'shortcut.details' },
  {
    keys: [
      [alt, '↑'],
      [alt, '↓'],
    ],
    text: 'shortcut.conversation',
  },
  {
    keys: [
      [alt, 'Shift', '↑'],
      [alt, 'Shift', '↓'],
    ],
    text: 'shortcut.unread',
  },
  { keys: [['Shift', 'Esc']], text: 'shortcut.readAll' },
  { keys: [lockKeys], text: 'shortcut.lock' },
  { keys: [devtoolsKeys], text: 'shortcut.devtools' },
  { keys: [['F6'], ['Shift', 'F6']], text: 'shortcut.region' },
  { keys: [['Esc']], text: 'shortcut.escape' },
  { keys: [['Enter']], text: 'shortcut.send' },
  { keys: [['Shift', 'Enter']], text: 'shortcut.line' },
  { keys: [[control, 'B']], text: 'shortcut.bold' },
  { keys: [[control, 'I']], text: 'shortcut.italic' },
  { keys: [[control, 'E']], text: 'shortcut.code' },
]
