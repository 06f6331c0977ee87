/** The panel's switches of the network, and the recording of a trace. */
import type { Faults } from '@poruch/replica/devtools'
import { Button, Checkbox, createPlainView } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import type { Devtools } from './devtools.ts'

export interface ControlsProps {
  readonly devtools: Devtools
  /** Whether this tab has the network; what passes can be recorded there alone. */
  readonly isLeading: boolean
}

const kilobyteBytes = 1000

export function Controls(props: ControlsProps): JSX.Element {
  const i18n = useI18n()
  const faults = createPlainView(() => props.devtools.faults)
  const recorder = createPlainView(() => props.devtools.recorder.state)
  const change = (part: Partial<Faults>): void => {
    props.devtools.faults.set({ ...faults(), ...part })
  }
  const save = async (): Promise<void> => {
    const text = await props.devtools.recorder.finish()
    if (text !== null) download(text, `poruch-trace-${new Date().toISOString().replaceAll(/[:.]/gu, '-')}.jsonl`)
  }
  return (
    <div class="devtools-controls">
      <Show when={!props.isLeading}>
        <p class="soft">{i18n.t('devtools.otherTab')}</p>
      </Show>
      <fieldset class="devtools-switches">
        <legend class="visually-hidden">{i18n.t('devtools.network')}</legend>
        <Checkbox label={i18n.t('devtools.offline')} checked={faults().offline} onInput={(offline) => change({ offline })} />
        <Checkbox label={i18n.t('devtools.slow')} checked={faults().slow} onInput={(slow) => change({ slow })} />
        <Checkbox label={i18n.t('devtools.lossy')} checked={faults().lossy} onInput={(lossy) => change({ lossy })} />
      </fieldset>
      <Show
        when={recorder().isRecording}
        fallback={
          <Button size="small" disabled={!props.isLeading} onClick={() => void props.devtools.recorder.start()}>
            {i18n.t('devtools.record')}
          </Button>
        }
      >
        <Button size="small" kind="primary" onClick={() => void save()}>
          {i18n.t('devtools.export')}
        </Button>
        <span class="soft">
          {i18n.t(recorder().isFull ? 'devtools.recordedFull' : 'devtools.recorded', {
            events: recorder().events,
            kilobytes: Math.ceil(recorder().sizeBytes / kilobyteBytes),
          })}
        </span>
      </Show>
    </div>
  )
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/jsonl' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
