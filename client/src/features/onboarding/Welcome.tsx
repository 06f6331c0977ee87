/** For those who have no link yet, or need another: asks for one. */
import { Button, Field } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show, Suspense, createSignal, lazy } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { parseEntry } from '../../app/paths.ts'
import '../../app/qr/qr.css'

const QrReader = lazy(async () => ({ default: (await import('../../app/qr/QrReader.tsx')).QrReader }))

export function Welcome(props: { readonly onLink: (link: string) => void; readonly onRecover: () => void }): JSX.Element {
  const i18n = useI18n()
  return (
    <main class="gate-card">
      <h1>{i18n.t('welcome.title')}</h1>
      <p>{i18n.t('welcome.hint')}</p>
      <LinkForm onLink={props.onLink} />
      <Button onClick={props.onRecover}>{i18n.t('welcome.recover')}</Button>
    </main>
  )
}

export function LinkForm(props: { readonly onLink: (link: string) => void }): JSX.Element {
  const i18n = useI18n()
  const [link, setLink] = createSignal('')
  const [isBad, setBad] = createSignal(false)
  const [isReading, setReading] = createSignal(false)
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (parseEntry(link())) props.onLink(link())
    else setBad(true)
  }
  return (
    <form onSubmit={submit}>
      <Field
        label={i18n.t('welcome.link')}
        value={link()}
        error={isBad() ? i18n.t('welcome.badLink') : undefined}
        onInput={(value) => {
          setLink(value)
          setBad(false)
        }}
      />
      <div class="form-actions">
        <Button kind="primary" type="submit" disabled={link() === ''}>
          {i18n.t('welcome.go')}
        </Button>
        <Button onClick={() => setReading(true)}>{i18n.t('qr.read')}</Button>
      </div>
      <Show when={isReading()}>
        <Suspense>
          <QrReader
            refuse={(text) => (parseEntry(text) ? null : i18n.t('welcome.badLink'))}
            onText={(text) => {
              setReading(false)
              props.onLink(text)
            }}
            onClose={() => setReading(false)}
          />
        </Suspense>
      </Show>
    </form>
  )
}
