/** Asks for a QR code: before the camera, or as a picture. Comes as a chunk of its own. */
import { Button, Dialog } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show, createSignal, createUniqueId } from 'solid-js'
import { useI18n } from '../i18n.ts'
import { createCamera } from './create-camera.ts'
import { readPictureFile } from './read-picture.ts'

export interface QrReaderProps {
  /** Null when it is what is looked for; else the sentence to show. */
  readonly refuse: (text: string) => string | null
  readonly onText: (text: string) => void
  readonly onClose: () => void
}

export function QrReader(props: QrReaderProps): JSX.Element {
  const i18n = useI18n()
  const fileId = createUniqueId()
  const [fault, setFault] = createSignal<string | null>(null)
  const take = (text: string): void => {
    const refusal = props.refuse(text)
    if (refusal === null) props.onText(text)
    else setFault(refusal)
  }
  const camera = createCamera(take)
  const choose = async (file: File | undefined): Promise<void> => {
    if (!file) return
    const text = await readPictureFile(file)
    if (text === null) setFault(i18n.t('qr.unreadable'))
    else take(text)
  }
  return (
    <Dialog title={i18n.t('qr.title')} onClose={props.onClose}>
      <Show
        when={camera.state() === 'starting' || camera.state() === 'looking'}
        fallback={<p class="soft">{i18n.t(`qr.camera.${camera.state() as 'none' | 'denied'}`)}</p>}
      >
        <video class="qr-video" ref={camera.attach} muted playsinline aria-label={i18n.t('qr.camera')} />
      </Show>
      <div class="field">
        <label class="field-label" for={fileId}>
          {i18n.t('qr.file')}
        </label>
        <input
          id={fileId}
          type="file"
          accept="image/*"
          onInput={(event) => {
            void choose(event.currentTarget.files?.[0])
          }}
        />
      </div>
      <p class="error-line" role="alert">
        {fault()}
      </p>
      <div class="dialog-actions">
        <Button onClick={() => props.onClose()}>{i18n.t('action.cancel')}</Button>
      </div>
    </Dialog>
  )
}
