/** A text as a QR code, for a camera on another screen. Comes as a chunk of its own. */
import encodeQR from 'qr'
import type { JSX } from 'solid-js'
import { createMemo } from 'solid-js'

/** ISO/IEC 18004 asks for four modules of quiet zone; the picture's own frame is light in any theme. */
const quietModules = 4

export function QrPicture(props: { readonly text: string; readonly label: string }): JSX.Element {
  const modules = createMemo(() => encodeQR(props.text, 'raw', { ecc: 'medium', border: quietModules }))
  const path = createMemo(() =>
    modules()
      .flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
      .join(''),
  )
  return (
    <svg class="qr-picture" role="img" aria-label={props.label} viewBox={`0 0 ${modules().length} ${modules().length}`}>
      <path d={path()} />
    </svg>
  )
}
