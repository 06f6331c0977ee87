/** The way back with the 24 words: first whose they are, then which of the old devices end with the recovery. */
import type { DeviceId } from '@poruch/base'
import type { OwnDevice, Phase } from '@poruch/replica'
import { Button, Checkbox, Field } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { For, Show, createSignal } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'
import { shortDevice } from '../../app/short-device.ts'

export interface RecoverAccountProps {
  readonly phase: Phase
  readonly onFind: (words: string) => Promise<readonly OwnDevice[]>
  readonly onRecover: (words: string, revoke: readonly DeviceId[]) => Promise<void>
  readonly onBack: () => void
}

export function RecoverAccount(props: RecoverAccountProps): JSX.Element {
  const i18n = useI18n()
  const [words, setWords] = createSignal('')
  const [devices, setDevices] = createSignal<readonly OwnDevice[] | null>(null)
  const find = createAction(async () => setDevices((await props.onFind(tidied(words()))).filter(({ isLive }) => isLive)))
  const interrupted = (): string | null => (props.phase.name === 'recovering' ? props.phase.code : null)
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    void find.run()
  }
  const recover = async (revoke: readonly DeviceId[]): Promise<void> => props.onRecover(tidied(words()), revoke)
  return (
    <Show when={!isResumed(props.phase, devices())} fallback={<Working />}>
      <Show
        when={devices()}
        fallback={
          <main class="gate-card">
            <h1>{i18n.t('recover.title')}</h1>
            <p>{i18n.t('recover.hint')}</p>
            <form onSubmit={submit}>
              <Field
                label={i18n.t('recover.words')}
                hint={i18n.t('recover.wordsHint')}
                value={words()}
                required
                autofocus
                onInput={setWords}
              />
              <ErrorLine code={find.code() ?? interrupted()} />
              <Button kind="primary" type="submit" disabled={find.isBusy() || words().trim() === ''}>
                {i18n.t(find.isBusy() ? 'recover.looking' : 'welcome.go')}
              </Button>
              <Button type="button" onClick={props.onBack}>
                {i18n.t('recover.back')}
              </Button>
            </form>
          </main>
        }
      >
        {(found) => <OldDevices devices={found()} onRecover={recover} />}
      </Show>
    </Show>
  )
}

/** After a restart in the middle: nothing is to be typed. */
function isResumed(phase: Phase, devices: readonly OwnDevice[] | null): boolean {
  return phase.name === 'recovering' && phase.state === 'working' && devices === null
}

function Working(): JSX.Element {
  const i18n = useI18n()
  return (
    <main class="gate-card">
      <h1>{i18n.t('recover.title')}</h1>
      <p role="status">{i18n.t('recover.busy')}</p>
    </main>
  )
}

function OldDevices(props: {
  readonly devices: readonly OwnDevice[]
  readonly onRecover: (revoke: readonly DeviceId[]) => Promise<void>
}): JSX.Element {
  const i18n = useI18n()
  const [revoked, setRevoked] = createSignal<readonly DeviceId[]>([])
  const recover = createAction(async () => props.onRecover(revoked()))
  const mark = (device: DeviceId, isGone: boolean): void => {
    setRevoked((before) => (isGone ? [...before, device] : before.filter((each) => each !== device)))
  }
  return (
    <main class="gate-card">
      <h1>{i18n.t('recover.devices')}</h1>
      <p>{i18n.t('recover.devicesHint')}</p>
      <fieldset class="recover-devices">
        <legend class="visually-hidden">{i18n.t('recover.devices')}</legend>
        <For each={props.devices}>
          {(device) => (
            <Checkbox
              label={i18n.t('recover.revoke', { number: device.number, id: shortDevice(device.device) })}
              checked={revoked().includes(device.device)}
              onInput={(isGone) => mark(device.device, isGone)}
            />
          )}
        </For>
      </fieldset>
      <ErrorLine code={recover.code()} />
      <Show when={recover.isBusy()}>
        <p role="status">{i18n.t('recover.busy')}</p>
      </Show>
      <Button kind="primary" disabled={recover.isBusy()} onClick={() => void recover.run()}>
        {i18n.t('recover.submit')}
      </Button>
    </main>
  )
}

/** Words copied from paper come with their numbers. */
function tidied(words: string): string {
  return words.replaceAll(/[^\p{L}]+/gu, ' ').trim()
}
