/** One's own name, as the others see it. */
import { Avatar, Button, Field } from '@poruch/ui'
import type { MemberView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show, createSignal } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'
import { nameMaxCharacters } from '../../app/name-limit.ts'

export interface ProfileSectionProps {
  readonly me: MemberView
  readonly onName: (name: string) => Promise<void>
}

export function ProfileSection(props: ProfileSectionProps): JSX.Element {
  const i18n = useI18n()
  const [typed, setTyped] = createSignal<string | null>(null)
  const [isSaved, setSaved] = createSignal(false)
  const name = (): string => typed() ?? props.me.name
  const isNew = (): boolean => name().trim() !== '' && name().trim() !== props.me.name
  const save = createAction(async () => {
    await props.onName(name().trim())
    setSaved(true)
    setTyped(null)
  })
  return (
    <section class="page-section" aria-labelledby="settings-profile">
      <h2 id="settings-profile">{i18n.t('settings.profile')}</h2>
      <form
        class="profile"
        onSubmit={(event) => {
          event.preventDefault()
          if (isNew()) void save.run()
        }}
      >
        <Avatar id={props.me.user} name={name()} />
        <Field
          label={i18n.t('create.displayName')}
          hint={i18n.t('profile.hint')}
          value={name()}
          maxLength={nameMaxCharacters}
          onInput={(value) => {
            setTyped(value)
            setSaved(false)
          }}
        />
        <Button type="submit" disabled={save.isBusy() || !isNew()}>
          {i18n.t('profile.save')}
        </Button>
      </form>
      <ErrorLine code={save.code()} />
      <Show when={isSaved()}>
        <p class="soft" role="status">
          {i18n.t('profile.saved')}
        </p>
      </Show>
    </section>
  )
}
